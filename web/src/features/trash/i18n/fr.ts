import type { TrashMessages } from './en';

export const fr: TrashMessages = {
  title: 'Corbeille',
  intro: 'Ce qui a été supprimé attend ici avec ses données jusqu’à sa destruction.',
  empty: 'La corbeille est vide',
  emptyText: 'Les tables et les colonnes supprimées passent d’abord par ici.',
  kinds: { table: 'Table', column: 'Colonne', index: 'Index' },
  name: 'Nom',
  from: 'De la table',
  kind: 'Genre',
  rows: 'Lignes',
  dropped: 'Supprimé',
  purged: 'Détruit de lui-même',
  by: (who) => `par ${who}`,
  actions: 'Actions',
  restore: 'Rétablir',
  restoreOf: (name) => `Rétablir ${name}`,
  restored: (name) => `${name} est de retour`,
  purge: 'Détruire',
  purgeOf: (name) => `Détruire ${name}`,
  purgeTitle: (name) => `Détruire ${name} pour de bon`,
  purgeText:
    'Ses données sont détruites. Ce n’est pas annulable, pas plus que la modification qui l’a supprimé.',
  purgedDone: (name) => `${name} est détruit`,
};
