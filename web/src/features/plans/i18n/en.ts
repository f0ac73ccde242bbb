import { plural } from '@/shared/i18n/core';

export interface FindingWords {
  text: (...names: string[]) => string;
  hint: string;
}

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
  /** Findings by the rule that made them: the names it quotes, in order. */
  findings: {
    BC001: {
      text: (a, b) =>
        b
          ? `Clients that use “${a}” of “${b}” break.`
          : `Clients that use the table by the name “${a}” break.`,
      hint: 'Tell those who use the API. The display name can change without this.',
    },
    BC004: {
      text: (a, b) => `Clients that insert into “${a}” without “${b}” get an error from now on.`,
      hint: 'Give the column a default value.',
    },
    CS001: {
      text: (a, b) => `Deletes in “${a}” would fail: “${b}” is required and cannot be emptied.`,
      hint: 'Let the column be empty, or choose another action.',
    },
    CS003: {
      text: (a, b) => `Deleting a row of “${a}” deletes its rows of “${b}” too.`,
      hint: '“Refuse” keeps them and refuses the delete instead.',
    },
    CS004: {
      text: (a, b, c) => `Every delete in “${a}” reads all of “${b}”: “${c}” has no index.`,
      hint: 'Add an index on the column.',
    },
    CS007: {
      text: (a) => `The index “${a}” already does what this one would do.`,
      hint: 'Leave it out.',
    },
    DD001: {
      text: (a, b) => `Rows of “${a}” would have no value in the required column “${b}”.`,
      hint: 'Give it a default value, or let it be empty.',
    },
    DD002: {
      text: (a) => `Rows of “${a}” repeat what another row has.`,
      hint: 'Change or remove the repeated rows first.',
    },
    DL001: {
      text: (a) => `“${a}” is dropped with its rows.`,
      hint: 'Undo brings them back until the trash is emptied.',
    },
    DL002: {
      text: (a, b) => `Rows of “${a}” have a value in “${b}”.`,
      hint: 'Undo brings the values back until the trash is emptied.',
    },
    DL009: {
      text: (a, b) => `“${a}” refers to “${b}”: its rows could not be written any more.`,
      hint: 'Drop the foreign key first.',
    },
    DL012: {
      text: (a, b, c) =>
        c ? `The trigger “${a}” of “${b}” uses “${c}”.` : `The view “${a}” uses “${b}”.`,
      hint: 'Change it first, or in the same change.',
    },
    DL013: {
      text: (a, b) => `Without “${a}” rows of “${b}” may repeat, or are found more slowly.`,
      hint: 'Keep an index that does the same.',
    },
    DL014: {
      text: () => 'This cannot be undone.',
      hint: 'Nothing is kept of what goes away.',
    },
    LK003: {
      text: (a) => `Building the index reads all of “${a}”; who writes waits that long.`,
      hint: 'Do it at a quiet hour.',
    },
    LK015: {
      text: (a) =>
        `All of “${a}” is written anew; who writes waits that long, and the disk needs room for a second copy.`,
      hint: 'Put several changes of one table into one, and do it at a quiet hour.',
    },
    NM002: {
      text: (a) => `“${a}” is a keyword of SQL: it needs quotes in every statement.`,
      hint: 'Choose another name; the display name can be anything.',
    },
    TY002: {
      text: (a, b) => `The key “${a}” of “${b}” is too short for very many rows.`,
      hint: 'Use bigint or uuid.',
    },
  } as Record<string, FindingWords>,
  confirmHazards: 'I have read the risks, and this cannot be undone',
  undone: 'Undone',
  undoneText: 'The change was taken back.',
  undo_: 'Undo',
  undoTitle: 'Undo this change',
  undoText: 'This runs the statements below, as a change of its own.',
  undoAction: 'Undo the change',
  running: 'The change is running',
  runningText: 'It goes on when you leave this page.',
  runningLink: 'See all jobs',
  planLoading: 'Working out what will run',
};
export type PlanMessages = typeof en;
