import { plural } from '@/shared/i18n/core';

export const en = {
  title: 'History',
  intro: 'Every change of a schema, newest first, with the statements that ran and a way back.',
  empty: 'No changes yet',
  emptyText: 'Tables you draw and columns you change will be listed here.',
  all: 'All tables',
  table: 'Table',
  by: (who: string) => `by ${who}`,
  details: 'Statements',
  operations: (n: number) => plural('en', n, { one: '1 step', other: `${n} steps` }),
  undo: 'Undo',
  undoOf: 'Undo of an earlier change',
  undoUntil: (when: string) => `can be undone until ${when}`,
  states: {
    applied: 'Applied',
    done: 'Applied',
    completed: 'Applied',
    succeeded: 'Applied',
    undone: 'Undone',
    running: 'Running',
    pending: 'Waiting',
    planned: 'Planned',
    failed: 'Failed',
    rolled_back: 'Rolled back',
  } as Record<string, string>,
  ops: {
    CREATE_TABLE: (table: string) => `Create the table ${table}`,
    DROP_TABLE: (table: string) => `Delete the table ${table}`,
    RENAME_TABLE: (table: string, name: string) => `Rename the table ${table} to ${name}`,
    RESTORE_TABLE: (table: string) => `Bring back the table ${table}`,
    CREATE_COLUMN: (table: string, name: string) => `Add the column ${name} to ${table}`,
    DROP_COLUMN: (table: string, name: string) => `Drop the column ${name} of ${table}`,
    RENAME_COLUMN: (table: string, name: string, to: string) =>
      `Rename the column ${name} of ${table} to ${to}`,
    MODIFY_COLUMN: (table: string, name: string) => `Change the column ${name} of ${table}`,
    CREATE_INDEX: (table: string, name: string) => `Add an index on ${name} to ${table}`,
    DROP_INDEX: (table: string, name: string) => `Drop the index ${name} of ${table}`,
    CREATE_FOREIGN_KEY: (table: string, name: string) => `Relate ${table} to ${name}`,
    DROP_FOREIGN_KEY: (table: string, name: string) => `Drop the relation ${name} of ${table}`,
  } as Record<string, (table: string, name: string, to: string) => string>,
};
export type HistoryMessages = typeof en;
