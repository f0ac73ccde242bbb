import type { AuditMessages } from './en';

export const it: AuditMessages = {
  title: 'Registro',
  intro: 'Chi ha cambiato che cosa in schemi e impostazioni, e com’è finita.',
  empty: 'Ancora nulla di registrato',
  when: 'Quando',
  who: 'Chi',
  what: 'Che cosa',
  object: 'Su',
  outcome: 'Esito',
  statement: 'Istruzione',
  system: 'Sistema',
  outcomes: {
    ok: 'Fatto',
    success: 'Fatto',
    applied: 'Fatto',
    done: 'Fatto',
    undone: 'Annullato',
    failed: 'Fallito',
    failure: 'Fallito',
    error: 'Fallito',
    denied: 'Negato',
    running: 'In corso',
  },
  search: 'Cerca nel registro',
  noMatch: 'Nessun risultato',
};
