import { plural } from '@/shared/i18n/core';
import type { HistoryMessages } from './en';

export const it: HistoryMessages = {
  title: 'Cronologia',
  intro:
    'Ogni modifica di uno schema, dalla più recente, con le istruzioni eseguite e il modo di tornare indietro.',
  empty: 'Ancora nessuna modifica',
  emptyText: 'Qui compariranno le tabelle che disegni e le colonne che cambi.',
  all: 'Tutte le tabelle',
  table: 'Tabella',
  by: (who) => `di ${who}`,
  details: 'Istruzioni',
  operations: (n) => plural('it', n, { one: '1 passo', other: `${n} passi` }),
  undo: 'Annulla',
  undoOf: 'Annullamento di una modifica precedente',
  undoUntil: (when) => `annullabile fino al ${when}`,
  states: {
    applied: 'Applicata',
    done: 'Applicata',
    completed: 'Applicata',
    succeeded: 'Applicata',
    undone: 'Annullata',
    running: 'In corso',
    pending: 'In attesa',
    planned: 'Prevista',
    failed: 'Fallita',
    rolled_back: 'Ritirata',
  },
  ops: {
    CREATE_TABLE: (table) => `Crea la tabella ${table}`,
    DROP_TABLE: (table) => `Elimina la tabella ${table}`,
    RENAME_TABLE: (table, name) => `Rinomina la tabella ${table} in ${name}`,
    RESTORE_TABLE: (table) => `Riporta la tabella ${table}`,
    CREATE_COLUMN: (table, name) => `Aggiungi la colonna ${name} a ${table}`,
    DROP_COLUMN: (table, name) => `Elimina la colonna ${name} di ${table}`,
    RENAME_COLUMN: (table, name, to) => `Rinomina la colonna ${name} di ${table} in ${to}`,
    MODIFY_COLUMN: (table, name) => `Modifica la colonna ${name} di ${table}`,
    CREATE_INDEX: (table, name) => `Aggiungi un indice su ${name} a ${table}`,
    DROP_INDEX: (table, name) => `Elimina l’indice ${name} di ${table}`,
    CREATE_FOREIGN_KEY: (table, name) => `Collega ${table} a ${name}`,
    DROP_FOREIGN_KEY: (table, name) => `Elimina la relazione ${name} di ${table}`,
  },
};
