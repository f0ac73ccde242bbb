import type { Row } from '@/shared/api/types';

/** Which rows are chosen: some by name, or all of the result but some. */
export interface RowSelection {
  all: boolean;
  rows: ReadonlyMap<string, Row>;
  except: ReadonlySet<string>;
}

export const noRows: RowSelection = { all: false, rows: new Map(), except: new Set() };
export const allRows: RowSelection = { all: true, rows: new Map(), except: new Set() };

export function isChosen(selection: RowSelection, key: string): boolean {
  return selection.all ? !selection.except.has(key) : selection.rows.has(key);
}

export function countChosen(selection: RowSelection, total: number): number {
  return selection.all ? Math.max(0, total - selection.except.size) : selection.rows.size;
}

export function choose(
  selection: RowSelection,
  chosen: readonly { key: string; row: Row }[],
  on: boolean,
): RowSelection {
  if (selection.all) {
    const except = new Set(selection.except);
    for (const { key } of chosen) {
      if (on) except.delete(key);
      else except.add(key);
    }
    return { ...selection, except };
  }
  const rows = new Map(selection.rows);
  for (const { key, row } of chosen) {
    if (on) rows.set(key, row);
    else rows.delete(key);
  }
  return { ...selection, rows };
}
