import type { Column, Row } from '@/shared/api/types';
import { listRows } from './backend';
import { serverColumns } from './lib/values';
import type { PickOption } from './pick-list';

/** The words one knows a row by: its first text that is not made by the server. */
export function rowLabel(row: Row): string {
  for (const [name, value] of Object.entries(row))
    if (!serverColumns.includes(name) && typeof value === 'string' && value) return value;
  return String(row['id'] ?? '');
}

export function choicesOf(column: Column): string[] {
  return column.values ?? column.validation?.enum ?? [];
}

export function isPicked(column: Column): boolean {
  if (column.type === 'relation' || column.relatedTable) return Boolean(column.relatedTable);
  return column.type === 'boolean' || choicesOf(column).length > 0;
}

/** What a column may hold, by a search. */
export async function findOptions(
  column: Column,
  words: { yes: string; no: string },
  query: string,
  signal: AbortSignal,
): Promise<PickOption[]> {
  if (column.relatedTable) {
    const { rows } = await listRows(
      column.relatedTable,
      query ? { search: query } : {},
      1,
      20,
      'none',
      signal,
    );
    return rows.map((row) => ({
      value: row['id'],
      label: rowLabel(row),
      hint: String(row['id'] ?? ''),
    }));
  }
  const all: PickOption[] =
    column.type === 'boolean'
      ? [
          { value: true, label: words.yes },
          { value: false, label: words.no },
        ]
      : choicesOf(column).map((value) => ({ value, label: value }));
  const wanted = query.toLowerCase();
  return all.filter(({ label }) => label.toLowerCase().includes(wanted));
}
