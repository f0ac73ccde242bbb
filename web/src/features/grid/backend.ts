import { type Answer, api, call, getPlace, path, send } from '@/shared/api/client';
import type { Row, RowPage } from '@/shared/api/types';
import type { Count } from './lib/source';

const data = (table: string, ...rest: string[]) => path('api/db-editor/data', table, ...rest);

/** What a list shows: the parameters of the address, as the server names them. */
export interface ListQuery {
  sort?: string | undefined;
  order?: 'asc' | 'desc' | undefined;
  filters?: string | undefined;
  search?: string | undefined;
}

export interface BulkOperation {
  method: 'POST' | 'PATCH' | 'DELETE';
  id?: string;
  data?: Row;
  ifMatch?: string;
}

export interface Versioned {
  row: Row;
  etag: string | undefined;
}

/** The calls that change rows; tests put their own in its place. */
export interface Backend {
  read: (key: string) => Promise<Versioned>;
  patch: (key: string, change: Row, etag: string | undefined) => Promise<Versioned>;
  insert: (row: Row) => Promise<Versioned>;
  bulk: (operations: BulkOperation[]) => Promise<void>;
}

const versioned = ({ data: row, etag }: Answer<Row>): Versioned => ({ row, etag });

/** Of the workspace and database shown now: what waits in a line is never written to the next. */
export function makeBackend(table: string): Backend {
  const place = getPlace();
  return {
    read: async (key) => versioned(await call<Row>('GET', data(table, key), { place })),
    patch: async (key, body, ifMatch) =>
      versioned(await call<Row>('PATCH', data(table, key), { body, ifMatch, place })),
    insert: async (body) => versioned(await call<Row>('POST', data(table), { body, place })),
    bulk: async (operations) => {
      await api.post(`${data(table)}:bulk`, { operations }, { place });
    },
  };
}

export function listRows(
  table: string,
  query: ListQuery,
  page: number,
  limit: number,
  count: Count,
  signal?: AbortSignal,
): Promise<RowPage> {
  return api.get<RowPage>(data(table), {
    query: { page, limit, count, ...query },
    ...(signal ? { signal } : {}),
  });
}

export type ExportFormat = 'csv' | 'json';

export async function exportRows(
  table: string,
  query: ListQuery,
  format: ExportFormat,
): Promise<Blob> {
  const answer = await send('GET', path('api/db-editor/export', table), {
    query: { format, ...query },
    headers: { Accept: '*/*' },
  });
  return answer.blob();
}
