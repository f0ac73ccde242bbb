import type { Column, Row } from '@/shared/api/types';
import { type ListQuery, listRows, makeBackend } from './backend';
import type { RowSelection } from './lib/selection';
import { formatCsv } from './lib/tsv';
import { copyText, isComposite, rowKey } from './lib/values';

/** Deletes can be taken back up to here: the rows are kept in memory. */
export const undoableRows = 5000;
const pageSize = 1000;
const exceptMost = 400;

const keysOfOneAddress = 100;
const readsAtOnce = 8;

/** Rows whose address is made of several values: one by one, a few at a time. */
async function readEach(table: string, keys: readonly string[]): Promise<Row[]> {
  const backend = makeBackend(table);
  const rows: Row[] = [];
  for (let at = 0; at < keys.length; at += readsAtOnce) {
    const part = keys.slice(at, at + readsAtOnce);
    const read = await Promise.all(part.map((key) => backend.read(key)));
    rows.push(...read.map(({ row }) => row));
  }
  return rows;
}

/** Rows as they are now: what one undoes or exports must not be what they once were. */
export async function freshRows(
  table: string,
  keyName: string,
  keys: readonly string[],
): Promise<Row[]> {
  if (isComposite(keyName)) return readEach(table, keys);
  const found = new Map<string, Row>();
  for (let at = 0; at < keys.length; at += keysOfOneAddress) {
    const value = keys.slice(at, at + keysOfOneAddress);
    const filters = JSON.stringify({ and: [{ field: keyName, operator: 'in', value }] });
    const { rows } = await listRows(table, { filters }, 1, keysOfOneAddress, 'none');
    for (const row of rows) found.set(rowKey(row, keyName), row);
  }
  return keys.map((key) => found.get(key)).filter((row) => row !== undefined);
}

/** The rows of a selection in full; for "all but some" they are read page by page. */
export async function selectedRows(
  table: string,
  query: ListQuery,
  keyName: string,
  selection: RowSelection,
): Promise<Row[]> {
  if (!selection.all) return freshRows(table, keyName, [...selection.rows.keys()]);
  const rows: Row[] = [];
  for (let page = 1; ; page += 1) {
    const answer = await listRows(table, query, page, pageSize, 'none');
    rows.push(...answer.rows.filter((row) => !selection.except.has(rowKey(row, keyName))));
    if (answer.rows.length < pageSize) return rows;
  }
}

/** Deletes all rows of a result but some, from its beginning, without keeping them. */
export async function deleteAll(
  table: string,
  query: ListQuery,
  keyName: string,
  except: ReadonlySet<string>,
): Promise<number> {
  const backend = makeBackend(table);
  let deleted = 0;
  for (;;) {
    const limit = Math.min(pageSize, 500 + Math.min(except.size, exceptMost));
    const { rows } = await listRows(table, query, 1, limit, 'none');
    const keys = rows.map((row) => rowKey(row, keyName)).filter((key) => !except.has(key));
    if (keys.length === 0) return deleted;
    await backend.bulk(keys.map((id) => ({ method: 'DELETE', id })));
    deleted += keys.length;
  }
}

export function csvOf(rows: readonly Row[], columns: readonly Column[]): string {
  return formatCsv(
    columns.map((column) => column.name),
    rows.map((row) =>
      columns.map((column) => {
        const value = row[column.name] ?? null;
        return value === null ? null : copyText(column, value);
      }),
    ),
  );
}

export function jsonOf(rows: readonly Row[], columns: readonly Column[]): string {
  const picked = rows.map((row) =>
    Object.fromEntries(columns.map((column) => [column.name, row[column.name] ?? null])),
  );
  return `${JSON.stringify(picked, null, 2)}\n`;
}
