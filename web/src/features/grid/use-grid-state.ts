import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import { useSession } from '@/shared/session/session';
import { type FilterModel, readFilter } from './lib/filters';
import { type Layout, readLayout } from './lib/layout';
import type { Sort } from './sheet-header';

/** What the address says about the rows that are shown. */
export interface GridView {
  search: string;
  sort: Sort | null;
  filter: FilterModel;
  /** 0: one endless list */
  page: number;
}

const text = (value: unknown) =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

export function readView(search: Record<string, unknown>): GridView {
  const column = text(search['sort']);
  const page = Number(search['page'] ?? 0);
  return {
    search: text(search['q']),
    sort: column ? { column, order: search['order'] === 'desc' ? 'desc' : 'asc' } : null,
    filter: readFilter(search['filter']),
    page: Number.isInteger(page) && page > 0 ? page : 0,
  };
}

export function writeView(view: GridView): Record<string, unknown> {
  return {
    ...(view.search ? { q: view.search } : {}),
    ...(view.sort ? { sort: view.sort.column, order: view.sort.order } : {}),
    ...(view.filter.conditions.length > 0 ? { filter: view.filter } : {}),
    ...(view.page ? { page: view.page } : {}),
  };
}

export function useGridView(tableName: string): [GridView, (change: Partial<GridView>) => void] {
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const view = useMemo(() => readView(search), [search]);
  const change = useCallback(
    (next: Partial<GridView>) =>
      void navigate({
        to: '/tables/$tableName/data',
        params: { tableName },
        search: writeView({ ...view, ...next }),
        replace: true,
      }),
    [navigate, tableName, view],
  );
  return [view, change];
}

/** Widths, order and hidden columns, kept in this browser for a person and a table. */
export function useLayout(tableName: string): [Layout, (next: Layout) => void] {
  const user = useSession((state) => state.user?.id ?? 0);
  const tenant = useSession((state) => state.tenant);
  const key = `telaio.grid.${user}.${tenant}.${tableName}`;
  const [layout, setLayout] = useState<Layout>(() => {
    try {
      return readLayout(localStorage.getItem(key));
    } catch {
      return readLayout(null);
    }
  });
  const keep = useCallback(
    (next: Layout) => {
      setLayout(next);
      try {
        localStorage.setItem(key, JSON.stringify(next));
      } catch {
        // lasts for this page only
      }
    },
    [key],
  );
  return [layout, keep];
}
