import { queryOptions } from '@tanstack/react-query';
import { api, path } from './client';
import type { Change, ChangeUser, SourceInfo, SourceKind, TableInfo } from './types';

const editor = 'api/db-editor';

export const keys = {
  tables: ['tables'] as const,
  table: (name: string) => ['tables', name] as const,
  rows: (name: string) => ['rows', name] as const,
  changes: ['changes'] as const,
  change: (id: string) => ['changes', id] as const,
  trash: ['trash'] as const,
  audit: ['audit'] as const,
  tokens: ['tokens'] as const,
  users: ['users'] as const,
  tenants: ['tenants'] as const,
  jobs: ['jobs'] as const,
  sources: ['sources'] as const,
  source: (name: string) => ['sources', name] as const,
};

/** The tables of the current tenant. */
export const tablesQuery = queryOptions({
  queryKey: keys.tables,
  queryFn: async ({ signal }) =>
    (await api.get<{ tables: TableInfo[] }>(`${editor}/tables`, { signal })).tables,
});

/** One table: registry and live structure. */
export const tableQuery = (name: string) =>
  queryOptions({
    queryKey: keys.table(name),
    queryFn: ({ signal }) => api.get<TableInfo>(path(`${editor}/tables`, name), { signal }),
  });

/** A change as the journal writes it, or as an answer names its parts. */
export type LooseChange = Omit<Change, 'changeId'> & {
  changeId?: string;
  id?: string;
  title?: string | null;
  actor?: ChangeUser | null;
};

export function toChange({ id, title, actor, ...change }: LooseChange): Change {
  return {
    ...change,
    changeId: change.changeId ?? id ?? '',
    createdBy: change.createdBy ?? actor ?? null,
    summary: change.summary ?? title ?? null,
    undoUntil: change.undoUntil ?? change.undo?.until ?? null,
  };
}

export const changesQuery = queryOptions({
  queryKey: keys.changes,
  queryFn: async ({ signal }) => {
    const data = await api.get<LooseChange[] | { changes: LooseChange[] }>(`${editor}/changes`, {
      signal,
    });
    return (Array.isArray(data) ? data : data.changes).map(toChange);
  },
});

export const changeQuery = (id: string) =>
  queryOptions({
    queryKey: keys.change(id),
    queryFn: async ({ signal }) =>
      toChange(await api.get<LooseChange>(path(`${editor}/changes`, id), { signal })),
  });

/** The databases of the workspace, its own first, and the kinds that can be attached. */
export const sourcesQuery = queryOptions({
  queryKey: keys.sources,
  queryFn: ({ signal }) =>
    api.get<{ sources: SourceInfo[]; kinds: SourceKind[] }>(`${editor}/sources`, { signal }),
  staleTime: 30_000,
});

export const sourceQuery = (name: string) =>
  queryOptions({
    queryKey: keys.source(name),
    queryFn: ({ signal }) => api.get<SourceInfo>(path(`${editor}/sources`, name), { signal }),
  });
