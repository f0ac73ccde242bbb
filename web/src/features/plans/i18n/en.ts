import { plural } from '@/shared/i18n/core';

export const en = {
  sql: 'What will run',
  sqlCount: (n: number) => plural('en', n, { one: '1 statement', other: `${n} statements` }),
  noSql: 'Nothing runs in the database: only names, rules or the order in the studio change.',
  risks: 'Risks',
  noRisks: 'No risks found.',
  severity: { info: 'Note', warning: 'Warning', danger: 'Danger' },
  rewrite: 'rewrites the table',
  rows: (n: string) => `${n} rows concerned`,
  undo: {
    free: 'This can be undone at any time: nothing is lost.',
    copy: 'This can be undone: the values are kept.',
    trash: 'This can be undone: what is dropped goes to the trash with its data.',
    none: 'This cannot be undone.',
  } as Record<string, string>,
  confirmHazards: 'I have read the risks, and this cannot be undone',
  undone: 'Undone',
  undoneText: 'The change was taken back.',
  undo_: 'Undo',
  undoTitle: 'Undo this change',
  undoText: 'This runs the statements below, as a change of its own.',
  undoAction: 'Undo the change',
  planLoading: 'Working out what will run',
};
export type PlanMessages = typeof en;
