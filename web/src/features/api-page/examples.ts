import { systemColumns } from '@/features/designer/model';
import type { Column, TableInfo } from '@/shared/api/types';

const uuid = '0198c0de-0000-7000-8000-000000000001';

function exampleText(column: Column): string {
  if (/mail/i.test(column.name)) return 'ada@example.com';
  if (/phone|tel/i.test(column.name)) return '+39 055 123456';
  if (/url|site|link/i.test(column.name)) return 'https://example.com';
  const text = column.displayName || column.name;
  const longest = column.maxLength ?? column.validation?.maxLength;
  return longest ? text.slice(0, longest) : text;
}

function exampleNumber(column: Column): number {
  const fraction = column.kind === 'decimal' || column.kind === 'float';
  const { min, max } = column.validation ?? {};
  const value = fraction ? 12.5 : 42;
  if (max !== undefined && value > max) return max;
  return min !== undefined && value < min ? min : value;
}

/** A value as the API would show it. */
export function exampleValue(column: Column): unknown {
  switch (column.type) {
    case 'number':
      return exampleNumber(column);
    case 'boolean':
      return true;
    case 'date':
      return '2026-05-17';
    case 'datetime':
      return '2026-05-17T09:30:00Z';
    case 'time':
      return '09:30:00';
    case 'uuid':
    case 'relation':
      return uuid;
    case 'json':
      return { key: 'value' };
    case 'enum':
      return (column.values ?? column.validation?.enum ?? ['value'])[0];
    case 'binary':
      return 'aGVsbG8=';
    case 'array':
      return ['value'];
    default:
      return exampleText(column);
  }
}

const shown = (table: TableInfo) =>
  table.columns.filter(
    (column) => column.name !== 'tenant_id' && column.relationType !== 'hasMany',
  );

/** A row as the API answers it. */
export function exampleRow(table: TableInfo): Record<string, unknown> {
  return Object.fromEntries(
    shown(table).map((column) => [
      column.name,
      column.name === 'created_by' ? 1 : exampleValue(column),
    ]),
  );
}

/** What a program sends: the columns that are its own to fill. */
export function exampleBody(table: TableInfo, part = false): Record<string, unknown> {
  const own = shown(table).filter(
    (column) => !systemColumns.has(column.name) && !column.generated && !column.autoIncrement,
  );
  return Object.fromEntries(
    own.slice(0, part ? 1 : own.length).map((column) => [column.name, exampleValue(column)]),
  );
}

export type EndpointKey = 'list' | 'get' | 'create' | 'update' | 'remove' | 'bulk' | 'exportRows';

export interface Endpoint {
  key: EndpointKey;
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** below the origin; {id} stands for a row */
  path: string;
  query?: string;
  body?: unknown;
  answer?: unknown;
}

/** The endpoints of a table, with examples of its own types. */
export function endpointsOf(table: TableInfo): Endpoint[] {
  const base =
    table.apiPath ?? table.apiPrefix ?? `/api/custom/${table.tableName.replace(/^custom_/, '')}`;
  const row = exampleRow(table);
  const sortable = shown(table).find((column) => !systemColumns.has(column.name));
  const sort = sortable?.name ?? 'id';
  return [
    {
      key: 'list',
      method: 'GET',
      path: base,
      query: `limit=20&sort=${encodeURIComponent(sort)}&order=asc`,
      answer: {
        success: true,
        data: { rows: [row], pagination: { total: 1, page: 1, limit: 20, pages: 1, exact: true } },
      },
    },
    { key: 'get', method: 'GET', path: `${base}/{id}`, answer: { success: true, data: row } },
    {
      key: 'create',
      method: 'POST',
      path: base,
      body: exampleBody(table),
      answer: { success: true, data: row },
    },
    {
      key: 'update',
      method: 'PATCH',
      path: `${base}/{id}`,
      body: exampleBody(table, true),
      answer: { success: true, data: row },
    },
    { key: 'remove', method: 'DELETE', path: `${base}/{id}` },
    {
      key: 'bulk',
      method: 'POST',
      path: `${base}:bulk`,
      body: {
        operations: [
          { method: 'POST', data: exampleBody(table) },
          { method: 'PATCH', id: uuid, data: exampleBody(table, true) },
        ],
      },
    },
    {
      key: 'exportRows',
      method: 'GET',
      path: `/api/db-editor/export/${encodeURIComponent(table.tableName)}`,
      query: 'format=csv',
    },
  ];
}

/** One word of a shell command, quoted so that nothing in it is read as more. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

export interface CurlOptions {
  origin: string;
  token: string;
  tenant?: string;
  id?: string;
}

/** The request as one shell command. */
export function curlOf(endpoint: Endpoint, options: CurlOptions): string {
  const path = endpoint.path.replace('{id}', encodeURIComponent(options.id || uuid));
  const url = options.origin + path + (endpoint.query ? `?${endpoint.query}` : '');
  const lines = [
    endpoint.method === 'GET'
      ? `curl ${shellQuote(url)}`
      : `curl -X ${endpoint.method} ${shellQuote(url)}`,
    `  -H ${shellQuote(`Authorization: Bearer ${options.token}`)}`,
  ];
  if (options.tenant) lines.push(`  -H ${shellQuote(`X-Telaio-Tenant: ${options.tenant}`)}`);
  if (endpoint.body !== undefined) {
    lines.push(`  -H ${shellQuote('Content-Type: application/json')}`);
    lines.push(`  -d ${shellQuote(JSON.stringify(endpoint.body))}`);
  }
  return lines.join(' \\\n');
}

export function prettyJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
