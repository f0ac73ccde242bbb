import { systemColumns } from '@/features/designer/model';
import { ApiError } from '@/shared/api/client';
import type { Column, ImportError, ImportResult, TableInfo } from '@/shared/api/types';
import { formatCsvRow } from './csv';

/** Column of the table for each column of the file; '' leaves it out. */
export type Mapping = string[];

const plain = (name: string) =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');

/** Columns that a file may fill; the id too, so that rows can be updated by it. */
export function fillableColumns(table: TableInfo): Column[] {
  return table.columns.filter(
    (column) =>
      column.name === 'id' ||
      !(systemColumns.has(column.name) || column.generated || column.relationType === 'hasMany'),
  );
}

/** Same name first, then the same but for case, spaces and punctuation. */
export function autoMap(headers: readonly string[], columns: readonly Column[]): Mapping {
  const taken = new Set<string>();
  const take = (found: Column | undefined) => {
    if (!found || taken.has(found.name)) return '';
    taken.add(found.name);
    return found.name;
  };
  const exact = headers.map((header) => take(columns.find((column) => column.name === header)));
  return headers.map(
    (header, index) =>
      exact[index] ||
      take(
        columns.find(
          (column) =>
            plain(header) !== '' &&
            (plain(column.name) === plain(header) ||
              plain(column.displayName ?? '') === plain(header)),
        ),
      ),
  );
}

export function doubleTargets(mapping: Mapping): Set<string> {
  const seen = new Set<string>();
  const double = new Set<string>();
  for (const target of mapping) {
    if (!target) continue;
    if (seen.has(target)) double.add(target);
    seen.add(target);
  }
  return double;
}

/** Required columns that nothing fills. */
export function missingColumns(table: TableInfo, mapping: Mapping): string[] {
  return fillableColumns(table)
    .filter(
      (column) =>
        column.name !== 'id' &&
        !column.nullable &&
        column.defaultValue == null &&
        !column.autoIncrement &&
        !mapping.includes(column.name),
    )
    .map((column) => column.displayName || column.name);
}

/** The `map` parameter; undefined while the names agree already. */
export function mapParameter(headers: readonly string[], mapping: Mapping): string | undefined {
  if (headers.every((header, index) => header === mapping[index])) return undefined;
  return JSON.stringify(
    Object.fromEntries(headers.map((header, index) => [header, mapping[index] || null])),
  );
}

/** Columns whose value tells which row is meant: the key, and unique ones. */
export function upsertColumns(table: TableInfo, mapping: Mapping): Column[] {
  return fillableColumns(table).filter(
    (column) => mapping.includes(column.name) && (column.primaryKey || column.unique),
  );
}

function isErrors(value: unknown): value is ImportError[] {
  return (
    Array.isArray(value) &&
    value.every((item) => typeof item === 'object' && item !== null && 'row' in item)
  );
}

/** What a refused import says about its rows, wherever the answer carries it. */
export function rowErrors(error: unknown): ImportError[] {
  if (!(error instanceof ApiError)) return [];
  const places = [error.data, error.params, error.detail];
  for (const place of places) {
    if (typeof place === 'object' && place !== null && 'errors' in place) {
      const { errors } = place as Partial<ImportResult>;
      if (isErrors(errors)) return errors;
    }
  }
  return [];
}

export function errorsCsv(errors: readonly ImportError[]): string {
  return [['row', 'column', 'code', 'message', 'value']]
    .concat(
      errors.map((error) => [
        String(error.row),
        error.column ?? '',
        error.code,
        error.message,
        error.value == null ? '' : String(error.value),
      ]),
    )
    .map(formatCsvRow)
    .join('');
}
