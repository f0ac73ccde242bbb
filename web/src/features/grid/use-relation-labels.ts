import { useEffect, useRef, useState } from 'react';
import type { Column, Row } from '@/shared/api/types';
import { listRows } from './backend';
import { rowLabel } from './options';

const atOnce = 100;
const patience = 80;

export type RelationLabels = ReadonlyMap<string, string>;

export const labelKey = (table: string, id: unknown) => `${table} ${String(id)}`;

/** Keys of related rows that are in sight and have no words yet, by table. */
export function missingLabels(
  columns: readonly Column[],
  rows: readonly (Row | undefined)[],
  known: ReadonlyMap<string, unknown>,
): Map<string, Set<unknown>> {
  const missing = new Map<string, Set<unknown>>();
  for (const { name, relatedTable } of columns) {
    if (!relatedTable) continue;
    for (const row of rows) {
      const id = row?.[name];
      if (id === null || id === undefined || known.has(labelKey(relatedTable, id))) continue;
      const ids = missing.get(relatedTable) ?? new Set();
      missing.set(relatedTable, ids);
      if (ids.size < atOnce) ids.add(id);
    }
  }
  return missing;
}

/** The words of related rows in sight, asked for together. What cannot be read keeps its key. */
export function useRelationLabels(
  columns: readonly Column[],
  rows: readonly (Row | undefined)[],
): RelationLabels {
  const [labels, setLabels] = useState<RelationLabels>(new Map());
  const known = useRef(new Map<string, string | null>());
  const missing = missingLabels(columns, rows, known.current);
  const wanted = useRef(missing);
  wanted.current = missing;
  const name = [...missing].map(([table, ids]) => `${table}:${[...ids].join()}`).join(';');

  useEffect(() => {
    if (!name) return;
    const timer = setTimeout(() => {
      for (const [table, ids] of wanted.current) {
        // Asked for once, whatever the answer.
        for (const id of ids) known.current.set(labelKey(table, id), null);
        const filters = JSON.stringify({ and: [{ field: 'id', operator: 'in', value: [...ids] }] });
        listRows(table, { filters }, 1, atOnce, 'none').then(
          ({ rows: found }) => {
            for (const row of found) known.current.set(labelKey(table, row['id']), rowLabel(row));
            const said = [...known.current].filter(([, label]) => label !== null);
            setLabels(new Map(said as [string, string][]));
          },
          () => undefined,
        );
      }
    }, patience);
    return () => clearTimeout(timer);
  }, [name]);
  return labels;
}
