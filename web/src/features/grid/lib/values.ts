import type { Column, Row, TableInfo } from '@/shared/api/types';
import { localeOf } from '@/shared/i18n/core';

/** What is wrong with a text; the message is in the catalogue under the same name. */
export type ValueProblem =
  | 'required'
  | 'number'
  | 'integer'
  | 'date'
  | 'datetime'
  | 'time'
  | 'boolean'
  | 'uuid'
  | 'json'
  | 'array'
  | 'enum'
  | 'readOnly';

export type Parsed = { ok: true; value: unknown } | { ok: false; problem: ValueProblem };

const good = (value: unknown): Parsed => ({ ok: true, value });
const bad = (problem: ValueProblem): Parsed => ({ ok: false, problem });

/** Kept by the server itself. */
export const serverColumns = ['id', 'tenant_id', 'created_at', 'updated_at', 'created_by'];

const serverTypes: Record<string, Partial<Column>> = {
  id: { type: 'uuid' },
  tenant_id: { type: 'number', kind: 'integer' },
  created_at: { type: 'datetime' },
  updated_at: { type: 'datetime' },
  created_by: { type: 'number', kind: 'integer' },
};

/** The columns a grid shows: a person's own first; what the server keeps itself stands behind. */
export function gridColumns(table: TableInfo): Column[] {
  const ofServer = table.managed !== false;
  const shown = table.columns
    .filter((column) => column.relationType !== 'hasMany')
    .filter((column) => column.can?.read !== false && !(ofServer && column.name === 'tenant_id'))
    .toSorted((a, b) => (a.order ?? 0) - (b.order ?? 0));
  // Somebody else's table has no columns that we know better.
  if (!ofServer) return shown;
  const server = (name: string): Column =>
    shown.find((column) => column.name === name) ?? {
      name,
      type: 'text',
      nullable: true,
      generated: true,
      ...serverTypes[name],
    };
  const own = shown.filter((column) => !serverColumns.includes(column.name));
  const hasKey = own.some((column) => column.primaryKey);
  return [
    ...own,
    server('created_at'),
    server('updated_at'),
    ...shown.filter((column) => column.name === 'created_by'),
    ...(hasKey ? [] : [server('id')]),
  ];
}

export function keyColumn(columns: readonly Column[]): string {
  const id = columns.find((column) => column.name === 'id');
  return (id ?? columns.find((column) => column.primaryKey))?.name ?? 'id';
}

/** Stands before each name of a key that is not one primary column; no name holds it. */
const partMark = '\u001f';
const nullPart = '%';

/** What addresses a row: the name of its key, or the names of several columns as one text. */
export function keyOf(table: TableInfo, columns: readonly Column[]): string {
  const parts = table.rowKey ?? [];
  const isPlain = parts.length === 0 || (parts.length === 1 && table.primaryKey?.length === 1);
  if (isPlain)
    return table.managed === false ? (parts[0] ?? keyColumn(columns)) : keyColumn(columns);
  return parts.map((name) => partMark + name).join('');
}

export function isComposite(key: string): boolean {
  return key.startsWith(partMark);
}

export function keyNames(key: string): string[] {
  return isComposite(key) ? key.slice(1).split(partMark) : [key];
}

/** The address of a row, as the server reads it. */
export function rowKey(row: Row, key: string): string {
  if (!isComposite(key)) return String(row[key] ?? '');
  const part = (value: unknown) => (value == null ? nullPart : encodeURIComponent(String(value)));
  return keyNames(key)
    .map((name) => part(row[name]))
    .join(',');
}

export function isWritable(column: Column): boolean {
  return (
    !column.generated &&
    !column.autoIncrement &&
    !column.primaryKey &&
    (column.can?.update ?? !serverColumns.includes(column.name))
  );
}

/** A key that somebody has to think of when a row is made. */
function isGivenKey(column: Column): boolean {
  return (
    column.primaryKey === true &&
    !column.generated &&
    !column.autoIncrement &&
    column.defaultValue == null &&
    column.can?.create === true &&
    column.type !== 'binary'
  );
}

/** What a form for a new row asks for. */
export function isInsertable(column: Column): boolean {
  return (isEditable(column) && column.can?.create !== false) || isGivenKey(column);
}

/** Binary values are shown, not typed. */
export function isEditable(column: Column): boolean {
  return isWritable(column) && column.type !== 'binary';
}

export function isRightAligned(column: Column): boolean {
  return column.type === 'number';
}

export function byteLength(base64: string): number {
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0;
  return Math.max(0, Math.floor((base64.length * 3) / 4) - padding);
}

const dateFormats = new Map<string, Intl.DateTimeFormat>();
function dateFormat(language: string, kind: 'date' | 'datetime'): Intl.DateTimeFormat {
  const locale = localeOf(language);
  const name = `${locale} ${kind}`;
  let format = dateFormats.get(name);
  if (!format) {
    format = new Intl.DateTimeFormat(
      locale,
      kind === 'date'
        ? { dateStyle: 'medium', timeZone: 'UTC' }
        : { dateStyle: 'medium', timeStyle: 'medium' },
    );
    dateFormats.set(name, format);
  }
  return format;
}

function showDate(value: string, language: string, kind: 'date' | 'datetime'): string {
  const date = new Date(kind === 'date' ? `${value}T00:00:00Z` : value);
  return Number.isNaN(date.getTime()) ? value : dateFormat(language, kind).format(date);
}

/** A price of 16 in a column of cents reads 16.00; digits are added, never taken. */
function withScale(text: string, scale: number): string {
  if (!/^-?\d+(\.\d*)?$/.test(text)) return text;
  const [whole = '', fraction = ''] = text.split('.');
  return fraction.length >= scale ? text : `${whole}.${fraction.padEnd(scale, '0')}`;
}

/** The text of a cell that is read, cut where nobody reads on. */
export function showValue(column: Column, value: unknown, language: string): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'object') return JSON.stringify(value).slice(0, 300);
  const text = String(value);
  if (column.kind === 'decimal' && column.scale) return withScale(text, column.scale);
  if (column.type === 'date') return showDate(text, language, 'date');
  if (column.type === 'datetime') return showDate(text, language, 'datetime');
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

export const tagTones = 8;

/** The colour of a choice: by its place in the list, so that neighbours differ. */
export function tagTone(column: Column, value: string): number {
  const choices = column.values ?? column.validation?.enum ?? [];
  return Math.max(0, choices.indexOf(value)) % tagTones;
}

const two = (value: number) => String(value).padStart(2, '0');

/** An instant as the wall clock of this machine, for the editor. */
export function toLocalDateTime(value: string): string {
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) return '';
  const day = `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const milliseconds = date.getMilliseconds();
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}${
    milliseconds ? `.${String(milliseconds).padStart(3, '0')}` : ''
  }`;
}

/** The text the editor begins with. */
export function editText(column: Column, value: unknown): string {
  if (value === null || value === undefined) return '';
  if (column.type === 'datetime') return toLocalDateTime(String(value));
  if (typeof value === 'object' || (column.type === 'json' && typeof value === 'string'))
    return JSON.stringify(value, null, column.type === 'json' ? 2 : undefined);
  return String(value);
}

/** The text that copies carry: exact, and what parseText reads back. */
export function copyText(column: Column, value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'object' || (column.type === 'json' && typeof value === 'string'))
    return JSON.stringify(value);
  return String(value);
}

const machineNumber = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

/** "1.234,56", "1 234,56" and "1,234.56" as a plain number text; null when it is none. */
export function plainNumber(text: string, language: string): string | null {
  const trimmed = text.trim().replace(/[\u00a0\u202f\u2009 '’]/g, '');
  if (machineNumber.test(trimmed)) return trimmed.replace(/^\+/, '');
  const comma = language !== 'en';
  const lastDot = trimmed.lastIndexOf('.');
  const lastComma = trimmed.lastIndexOf(',');
  const decimal =
    lastDot >= 0 && lastComma >= 0 ? (lastDot > lastComma ? '.' : ',') : comma ? ',' : '.';
  const group = decimal === '.' ? ',' : '.';
  const [whole = '', fraction, ...more] = trimmed.split(decimal);
  if (more.length > 0 || fraction?.includes(group)) return null;
  const groups = whole.replace(/^[+-]/, '').split(group);
  if (groups.slice(1).some((part) => part.length !== 3)) return null;
  const plain = whole.replaceAll(group, '') + (fraction === undefined ? '' : `.${fraction}`);
  return machineNumber.test(plain) ? plain.replace(/^\+/, '') : null;
}

/** A JSON number where that is exact, a string where it is not. */
export function exactNumber(plain: string): number | string {
  const digits = plain
    .replace(/[eE].*$/, '')
    .replace(/[^0-9]/g, '')
    .replace(/^0+/, '');
  const number = Number(plain);
  if (!Number.isFinite(number)) return plain;
  const whole = /^-?\d+$/.test(plain);
  if (whole) return Number.isSafeInteger(number) ? number : plain;
  return digits.length <= 15 ? number : plain;
}

function parseNumber(column: Column, text: string, language: string): Parsed {
  const plain = plainNumber(text, language);
  if (plain === null) return bad('number');
  const whole = column.kind === 'integer' || column.kind === 'bigint';
  if (whole && !/^-?\d+$/.test(plain)) return bad('integer');
  // Scale is part of a decimal: 1.50 stays a text, so that nothing is lost on the way.
  if (column.kind === 'decimal' && /\.\d*0$/.test(plain)) return good(plain);
  return good(exactNumber(plain));
}

const truths = new Set([
  'true',
  't',
  'yes',
  'y',
  '1',
  'on',
  'vero',
  'sì',
  'si',
  'vrai',
  'oui',
  'x',
]);
const falsehoods = new Set(['false', 'f', 'no', 'n', '0', 'off', 'falso', 'faux', 'non']);

function parseBoolean(text: string): Parsed {
  const word = text.trim().toLowerCase();
  if (truths.has(word)) return good(true);
  return falsehoods.has(word) ? good(false) : bad('boolean');
}

/** "2026-05-17" and, where days come first, "17/05/2026" and "17.05.2026". */
function parseDate(text: string, language: string): string | null {
  const trimmed = text.trim();
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:T00:00:00(?:\.0+)?Z?)?$/.exec(trimmed);
  const local = language === 'en' ? null : /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$/.exec(trimmed);
  const [year, month, day] = iso
    ? [iso[1], iso[2], iso[3]]
    : local
      ? [local[3], local[2], local[1]]
      : [];
  if (!year || !month || !day) return null;
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  if (Number(year) < 100) date.setUTCFullYear(Number(year));
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return null;
  return `${year}-${two(Number(month))}-${two(Number(day))}`;
}

function parseInstant(text: string): Parsed {
  const trimmed = text.trim();
  // An instant with its zone goes as it is: finer fractions than ours must not be lost.
  if (/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/i.test(trimmed))
    return Number.isNaN(Date.parse(trimmed.replace(' ', 'T')))
      ? bad('datetime')
      : good(trimmed.replace(' ', 'T'));
  if (!/^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?$/.test(trimmed)) return bad('datetime');
  const full = trimmed.length === 10 ? `${trimmed}T00:00` : trimmed.replace(' ', 'T');
  const date = new Date(full);
  return Number.isNaN(date.getTime()) ? bad('datetime') : good(date.toISOString());
}

function parseTime(text: string): Parsed {
  const found = /^(\d{1,2}):(\d\d)(?::(\d\d)(\.\d+)?)?$/.exec(text.trim());
  if (!found) return bad('time');
  const [, hours = '', minutes = '', seconds = '00', fraction = ''] = found;
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return bad('time');
  return good(`${hours.padStart(2, '0')}:${minutes}:${seconds}${fraction}`);
}

function parseJson(text: string, problem: 'json' | 'array'): Parsed {
  try {
    const value: unknown = JSON.parse(text);
    return problem === 'array' && !Array.isArray(value) ? bad('array') : good(value);
  } catch {
    return bad(problem);
  }
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function parseUuid(text: string): Parsed {
  const trimmed = text.trim().replace(/^\{|\}$/g, '');
  return uuidPattern.test(trimmed) ? good(trimmed.toLowerCase()) : bad('uuid');
}

function parseEnum(column: Column, text: string): Parsed {
  const values = column.values ?? column.validation?.enum ?? [];
  if (values.length === 0 || values.includes(text)) return good(text);
  const same = values.find((value) => value.toLowerCase() === text.trim().toLowerCase());
  return same === undefined ? bad('enum') : good(same);
}

const parsers: Partial<
  Record<Column['type'], (column: Column, text: string, language: string) => Parsed>
> = {
  number: parseNumber,
  boolean: (_column, text) => parseBoolean(text),
  date: (_column, text, language) => {
    const date = parseDate(text, language);
    return date ? good(date) : bad('date');
  },
  datetime: (_column, text) => parseInstant(text),
  time: (_column, text) => parseTime(text),
  uuid: (_column, text) => parseUuid(text),
  json: (_column, text) => parseJson(text, 'json'),
  array: (_column, text) => parseJson(text, 'array'),
  enum: (column, text) => parseEnum(column, text),
  relation: (_column, text) => good(text.trim()),
};

/** No text: nothing for most types, the empty text where NULL is not allowed. */
export function clearedValue(column: Column): Parsed {
  if (column.nullable) return good(null);
  return column.type === 'text' ? good('') : bad('required');
}

/** What a text means in a column. `asEmpty`: an empty text was meant, not NULL. */
export function parseText(column: Column, text: string, language = 'en', asEmpty = false): Parsed {
  if (!isEditable(column)) return bad('readOnly');
  if (text === '') return asEmpty && column.type === 'text' ? good('') : clearedValue(column);
  return parsers[column.type]?.(column, text, language) ?? good(text);
}

/** Equal to a person: 1.50 and "1.50" are; objects are compared by what they hold. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a === null || b === null || a === undefined || b === undefined)
    return (a ?? null) === (b ?? null);
  if (typeof a === 'object' || typeof b === 'object')
    return JSON.stringify(a) === JSON.stringify(b);
  return String(a) === String(b);
}

/** The next value of a switch: true, false and, where allowed, nothing. */
export function toggled(column: Column, value: unknown): boolean | null {
  if (value === true) return false;
  if (value === false && column.nullable) return null;
  return true;
}
