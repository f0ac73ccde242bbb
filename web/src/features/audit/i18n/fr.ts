import type { AuditMessages } from './en';

export const fr: AuditMessages = {
  title: 'Journal',
  intro: 'Qui a changé quoi dans les schémas et les réglages, et avec quel résultat.',
  empty: 'Rien d’enregistré pour l’instant',
  when: 'Quand',
  who: 'Qui',
  what: 'Quoi',
  object: 'Sur',
  outcome: 'Résultat',
  statement: 'Instruction',
  system: 'Système',
  outcomes: {
    ok: 'Fait',
    success: 'Fait',
    applied: 'Fait',
    done: 'Fait',
    undone: 'Annulé',
    failed: 'Échoué',
    failure: 'Échoué',
    error: 'Échoué',
    denied: 'Refusé',
    running: 'En cours',
  },
  search: 'Chercher dans le journal',
  noMatch: 'Rien ne correspond',
};
