import { plural } from '@/shared/i18n/core';
import type { HistoryMessages } from './en';

export const fr: HistoryMessages = {
  title: 'Historique',
  intro:
    'Chaque modification d’un schéma, la plus récente d’abord, avec les instructions exécutées et le retour possible.',
  empty: 'Aucune modification pour l’instant',
  emptyText: 'Les tables dessinées et les colonnes changées apparaîtront ici.',
  all: 'Toutes les tables',
  table: 'Table',
  by: (who) => `par ${who}`,
  details: 'Instructions',
  operations: (n) => plural('fr', n, { one: `${n} étape`, other: `${n} étapes` }),
  undo: 'Annuler',
  undoOf: 'Annulation d’une modification antérieure',
  undoUntil: (when) => `annulable jusqu’au ${when}`,
  states: {
    applied: 'Appliquée',
    done: 'Appliquée',
    completed: 'Appliquée',
    succeeded: 'Appliquée',
    undone: 'Annulée',
    running: 'En cours',
    pending: 'En attente',
    planned: 'Prévue',
    failed: 'Échouée',
    rolled_back: 'Retirée',
  },
  ops: {
    CREATE_TABLE: (table) => `Créer la table ${table}`,
    DROP_TABLE: (table) => `Supprimer la table ${table}`,
    RENAME_TABLE: (table, name) => `Renommer la table ${table} en ${name}`,
    RESTORE_TABLE: (table) => `Rétablir la table ${table}`,
    CREATE_COLUMN: (table, name) => `Ajouter la colonne ${name} à ${table}`,
    DROP_COLUMN: (table, name) => `Supprimer la colonne ${name} de ${table}`,
    RENAME_COLUMN: (table, name, to) => `Renommer la colonne ${name} de ${table} en ${to}`,
    MODIFY_COLUMN: (table, name) => `Modifier la colonne ${name} de ${table}`,
    CREATE_INDEX: (table, name) => `Ajouter un index sur ${name} à ${table}`,
    DROP_INDEX: (table, name) => `Supprimer l’index ${name} de ${table}`,
    CREATE_FOREIGN_KEY: (table, name) => `Relier ${table} à ${name}`,
    DROP_FOREIGN_KEY: (table, name) => `Supprimer la relation ${name} de ${table}`,
  },
};
