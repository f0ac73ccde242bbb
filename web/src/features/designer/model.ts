import type {
  Column,
  ColumnSpec,
  ColumnType,
  IndexInfo,
  NumberKind,
  Operation,
  ReferenceAction,
  TableInfo,
  TableSpec,
  Validation,
} from '@/shared/api/types';

/** A column in the designer: texts as typed, and who it was before. */
export interface DraftColumn {
  /** identity inside the draft; survives renaming and moving */
  key: string;
  /** the name on the server, for columns that exist */
  original?: string;
  name: string;
  displayName: string;
  type: ColumnType;
  kind: NumberKind;
  precision: string;
  scale: string;
  maxLength: string;
  values: string[];
  nullable: boolean;
  unique: boolean;
  /** of tables in attached databases: the others have a key of ours */
  primaryKey: boolean;
  autoIncrement: boolean;
  defaultText: string;
  /** the default is an expression of the server that the form does not edit */
  defaultLocked: boolean;
  validation: { minLength: string; min: string; max: string; pattern: string };
  comment: string;
  relatedTable: string;
  onDelete: ReferenceAction;
  onUpdate: ReferenceAction;
}

export interface DraftIndex {
  key: string;
  original?: string;
  name: string;
  columns: string[];
  unique: boolean;
}

export interface Draft {
  displayName: string;
  description: string;
  icon: string;
  color: string;
  columns: DraftColumn[];
  indexes: DraftIndex[];
}

/** Columns that the server keeps for every managed table. */
export const systemColumns = new Set(['id', 'tenant_id', 'created_at', 'updated_at', 'created_by']);

let counter = 0;
export function nextKey(): string {
  counter += 1;
  return `k${counter}`;
}

export function emptyColumn(type: ColumnType = 'text'): DraftColumn {
  return {
    key: nextKey(),
    name: '',
    displayName: '',
    type,
    kind: 'integer',
    precision: '',
    scale: '',
    maxLength: '',
    values: [],
    nullable: true,
    unique: false,
    primaryKey: false,
    autoIncrement: false,
    defaultText: '',
    defaultLocked: false,
    validation: { minLength: '', min: '', max: '', pattern: '' },
    comment: '',
    relatedTable: '',
    onDelete: 'RESTRICT',
    onUpdate: 'NO ACTION',
  };
}

/** The key that a new table in an attached database begins with; another may be chosen. */
function numberedKey(): DraftColumn {
  return {
    ...emptyColumn('number'),
    name: 'id',
    displayName: 'id',
    nullable: false,
    primaryKey: true,
    autoIncrement: true,
  };
}

/** @param keyed begins with a numbered key, where the database can number rows */
export function emptyDraft(keyed = false): Draft {
  return {
    displayName: '',
    description: '',
    icon: '',
    color: '',
    columns: [...(keyed ? [numberedKey()] : []), emptyColumn('text')],
    indexes: [],
  };
}

/** "Zip code" -> "zip_code": what a person types as a name the database likes. */
export function toIdentifier(text: string): string {
  const plain = text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 60);
  return /^\d/.test(plain) ? `c_${plain}` : plain;
}

/** Writes a column's label; the name in the database follows while nobody has chosen another. */
export function labelColumn(column: DraftColumn, label: string): DraftColumn {
  const derive = (text: string) => toIdentifier(text) || (text.trim() ? 'column' : '');
  const follows = !column.original && column.name === derive(column.displayName);
  return { ...column, displayName: label, name: follows ? derive(label) : column.name };
}

/** "zip_code" -> "Zip code" */
export function toTitle(name: string): string {
  const words = name.replace(/_/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const text = (value: unknown): string =>
  value === null || value === undefined ? '' : String(value);

function defaultToText(column: Column): { defaultText: string; defaultLocked: boolean } {
  const value = column.defaultValue;
  if (value === null || value === undefined) return { defaultText: '', defaultLocked: false };
  if (column.type === 'json')
    return {
      defaultText: typeof value === 'string' ? value : JSON.stringify(value),
      defaultLocked: false,
    };
  if (typeof value === 'object') {
    const { call } = value as { call?: unknown };
    const text = typeof call === 'string' ? `${call}()` : JSON.stringify(value);
    return { defaultText: text, defaultLocked: true };
  }
  return { defaultText: String(value), defaultLocked: false };
}

export function columnToDraft(column: Column): DraftColumn {
  const rules = column.validation ?? {};
  return {
    ...emptyColumn(column.type),
    original: column.name,
    name: column.name,
    displayName: column.displayName ?? '',
    kind: column.kind ?? 'integer',
    precision: text(column.precision),
    scale: text(column.scale),
    maxLength: text(column.maxLength ?? rules.maxLength),
    values: column.values ?? rules.enum ?? [],
    nullable: column.nullable,
    unique: column.unique ?? false,
    primaryKey: column.primaryKey ?? false,
    autoIncrement: column.autoIncrement ?? false,
    ...defaultToText(column),
    validation: {
      minLength: text(rules.minLength),
      min: text(rules.min),
      max: text(rules.max),
      pattern: rules.pattern ?? '',
    },
    comment: column.comment ?? '',
    relatedTable: column.relatedTable ?? '',
    onDelete: column.onDelete ?? 'RESTRICT',
    onUpdate: column.onUpdate ?? 'NO ACTION',
  };
}

export function indexColumnName(column: unknown): string {
  if (typeof column === 'string') return column;
  if (typeof column === 'object' && column !== null && 'column' in column)
    return String(column.column);
  return '';
}

/** Indexes that a person made: not the tenant's, and not those behind a unique column. */
function userIndexes(table: TableInfo): IndexInfo[] {
  return (table.indexes ?? []).filter((index) => {
    const columns = index.columns.map(indexColumnName);
    if (table.managed !== false && columns.every((name) => systemColumns.has(name))) return false;
    return !(index.unique && columns.length === 1);
  });
}

export function tableToDraft(table: TableInfo): Draft {
  return {
    displayName: table.displayName,
    description: table.description ?? '',
    icon: table.icon ?? '',
    color: table.color ?? '',
    columns: table.columns
      .filter(
        (column) =>
          (table.managed === false || !systemColumns.has(column.name)) &&
          column.relationType !== 'hasMany',
      )
      .map(columnToDraft),
    indexes: userIndexes(table).map((index) => ({
      key: nextKey(),
      original: index.name,
      name: index.name,
      columns: index.columns.map(indexColumnName),
      unique: index.unique ?? false,
    })),
  };
}

export function moveItem<T>(items: T[], from: number, to: number): T[] {
  if (from === to || from < 0 || to < 0 || from >= items.length || to >= items.length) return items;
  const copy = [...items];
  const [item] = copy.splice(from, 1);
  if (item !== undefined) copy.splice(to, 0, item);
  return copy;
}

/** A default as the server reads it: a value of the column's type, or a known function. */
export function parseDefault(column: DraftColumn): unknown {
  const value = column.defaultText.trim();
  if (value === '' || column.defaultLocked) return undefined;
  if (column.type === 'number') {
    const number = Number(value);
    const exact = Number.isFinite(number) && value.replace(/[^0-9]/g, '').length <= 15;
    return exact ? number : value;
  }
  if (column.type === 'boolean') return value === 'true';
  if (column.type === 'json' || column.type === 'array') {
    try {
      return JSON.parse(value) as unknown;
    } catch {
      return value;
    }
  }
  return value;
}

function validationOf(column: DraftColumn): Validation | undefined {
  const rules: Validation = {};
  const { minLength, min, max, pattern } = column.validation;
  if (column.type === 'text') {
    if (minLength !== '') rules.minLength = Number(minLength);
    if (pattern !== '') rules.pattern = pattern;
  }
  if (column.type === 'number') {
    if (min !== '') rules.min = Number(min);
    if (max !== '') rules.max = Number(max);
  }
  return Object.keys(rules).length > 0 ? rules : undefined;
}

/** Numbers are given to keys that are whole numbers. */
export function canNumber(column: DraftColumn): boolean {
  return column.primaryKey && column.type === 'number' && column.kind === 'integer';
}

/** The column as the server takes it: only what differs from the defaults. */
export function columnSpec(column: DraftColumn): ColumnSpec {
  const spec: ColumnSpec = { name: column.name, type: column.type };
  const title = column.displayName.trim();
  if (title && title !== column.name) spec.displayName = title;
  if (!column.nullable) spec.nullable = false;
  if (column.primaryKey) spec.primaryKey = true;
  else if (column.unique) spec.unique = true;
  if (canNumber(column) && column.autoIncrement) spec.autoIncrement = true;
  const value = parseDefault(column);
  if (value !== undefined) spec.defaultValue = value;
  const rules = validationOf(column);
  if (rules) spec.validation = rules;
  if (column.comment.trim()) spec.comment = column.comment.trim();
  if (column.type === 'text' && column.maxLength !== '') spec.maxLength = Number(column.maxLength);
  if (column.type === 'number') {
    spec.kind = column.kind;
    if (column.kind === 'decimal') {
      if (column.precision !== '') spec.precision = Number(column.precision);
      if (column.scale !== '') spec.scale = Number(column.scale);
    }
  }
  if (column.type === 'enum') spec.values = column.values;
  if (column.type === 'relation') {
    spec.relatedTable = column.relatedTable;
    spec.relationType = 'belongsTo';
    spec.onDelete = column.onDelete;
    if (column.onUpdate !== 'NO ACTION') spec.onUpdate = column.onUpdate;
  }
  return spec;
}

/** A row that nobody has written into yet. */
export function isBlankColumn(column: DraftColumn): boolean {
  return column.original === undefined && column.name === '' && column.displayName === '';
}

/** What PUT …/tables/{t} has to set: name, description, look. */
export function tableSet(before: Draft, after: Draft): Record<string, string | null> {
  const set: Record<string, string | null> = {};
  for (const field of ['displayName', 'description', 'icon', 'color'] as const) {
    const value = after[field].trim();
    if (before[field].trim() !== value) set[field] = value || null;
  }
  return set;
}

function isNamed(column: DraftColumn): boolean {
  return column.name.trim() !== '';
}

export function tableSpec(draft: Draft): TableSpec {
  const spec: TableSpec = {
    displayName: draft.displayName.trim(),
    columns: draft.columns.filter(isNamed).map(columnSpec),
  };
  if (draft.description.trim()) spec.description = draft.description.trim();
  if (draft.icon) spec.icon = draft.icon;
  if (draft.color) spec.color = draft.color;
  const indexes = draft.indexes.filter((index) => index.columns.length > 0).map(indexSpec);
  if (indexes.length > 0) spec.indexes = indexes;
  return spec;
}

function indexSpec(index: DraftIndex): Partial<IndexInfo> & { columns: string[] } {
  return {
    columns: index.columns,
    ...(index.name.trim() ? { name: index.name.trim() } : {}),
    ...(index.unique ? { unique: true } : {}),
  };
}

/** What PUT …/columns/{c} changes: the registry's part, no DDL. */
export interface DisplayChange {
  column: string;
  set: { displayName?: string; validation?: Validation | null; order?: number; comment?: string };
}

/** Structural fields of an existing column that differ, for MODIFY_COLUMN. */
function structuralSet(before: ColumnSpec, after: ColumnSpec): Partial<Column> {
  const fields = [
    'type',
    'kind',
    'precision',
    'scale',
    'maxLength',
    'values',
    'nullable',
    'defaultValue',
    'relatedTable',
    'onDelete',
    'onUpdate',
  ] as const;
  const set: Record<string, unknown> = {};
  for (const field of fields) {
    if (JSON.stringify(before[field]) !== JSON.stringify(after[field]))
      set[field] = after[field] ?? (field === 'nullable' ? true : null);
  }
  return set as Partial<Column>;
}

export interface ChangeSet {
  /** DDL, in the order in which it must run */
  operations: Operation[];
  /** registry only; sent after the operations */
  display: DisplayChange[];
}

function uniqueIndexOf(table: TableInfo, column: string): string | undefined {
  return table.indexes?.find(
    (index) =>
      index.unique && index.columns.length === 1 && indexColumnName(index.columns[0]) === column,
  )?.name;
}

/** The change list between a live table and a draft of it. */
export function buildChanges(table: TableInfo, before: Draft, after: Draft): ChangeSet {
  const name = table.tableName;
  const operations: Operation[] = [];
  const display: DisplayChange[] = [];
  const kept = new Map(after.columns.filter((c) => c.original).map((c) => [c.original, c]));
  const keptIndexes = new Set(after.indexes.map((index) => index.original).filter(Boolean));

  for (const index of before.indexes) {
    if (index.original && !keptIndexes.has(index.original))
      operations.push({ op: 'DROP_INDEX', table: name, index: index.original });
  }
  for (const column of before.columns) {
    if (column.original && !kept.has(column.original))
      operations.push({ op: 'DROP_COLUMN', table: name, column: column.original });
  }
  for (const [original, column] of kept) {
    const old = before.columns.find((c) => c.original === original);
    if (!old || !original) continue;
    if (column.name !== original && isNamed(column))
      operations.push({ op: 'RENAME_COLUMN', table: name, column: original, newName: column.name });
    const set = structuralSet(columnSpec(old), columnSpec(column));
    if (Object.keys(set).length > 0)
      operations.push({ op: 'MODIFY_COLUMN', table: name, column: column.name, set });
    if (column.unique && !old.unique)
      operations.push({
        op: 'CREATE_INDEX',
        table: name,
        index: { columns: [column.name], unique: true },
      });
    const uniqueIndex = old.unique && !column.unique ? uniqueIndexOf(table, original) : undefined;
    if (uniqueIndex) operations.push({ op: 'DROP_INDEX', table: name, index: uniqueIndex });
  }
  for (const column of after.columns) {
    if (!column.original && isNamed(column))
      operations.push({ op: 'CREATE_COLUMN', table: name, column: columnSpec(column) });
  }
  for (const index of after.indexes) {
    if (!index.original && index.columns.length > 0)
      operations.push({ op: 'CREATE_INDEX', table: name, index: indexSpec(index) });
  }

  const orderBefore = before.columns.map((c) => c.original).filter((n) => n && kept.has(n));
  const orderAfter = after.columns.filter((c) => c.original).map((c) => c.original);
  const lastIsNew = after.columns.findIndex((c) => !c.original);
  const newInside = lastIsNew >= 0 && after.columns.slice(lastIsNew).some((c) => c.original);
  const moved = orderBefore.join('\n') !== orderAfter.join('\n') || newInside;
  after.columns.forEach((column, position) => {
    const old = before.columns.find((c) => c.original && c.original === column.original);
    const set: DisplayChange['set'] = {};
    if (old) {
      if (old.displayName.trim() !== column.displayName.trim())
        set.displayName = column.displayName.trim() || column.name;
      const rules = validationOf(column);
      if (JSON.stringify(validationOf(old)) !== JSON.stringify(rules))
        set.validation = rules ?? null;
      if (old.comment.trim() !== column.comment.trim()) set.comment = column.comment.trim();
    }
    if (moved && isNamed(column)) set.order = position + 1;
    if (Object.keys(set).length > 0) display.push({ column: column.name, set });
  });
  return { operations, display };
}

export function countChanges(changes: ChangeSet): number {
  const moved = changes.display.some((change) => change.set.order !== undefined) ? 1 : 0;
  const edited = changes.display.filter((change) =>
    Object.keys(change.set).some((field) => field !== 'order'),
  ).length;
  return changes.operations.length + moved + edited;
}

export type Problem =
  | 'name-missing'
  | 'name-duplicate'
  | 'name-reserved'
  | 'values-missing'
  | 'related-missing'
  | 'default-invalid'
  | 'pattern-invalid';

function isPattern(pattern: string): boolean {
  try {
    new RegExp(pattern, 'u');
    return true;
  } catch {
    try {
      new RegExp(pattern);
      return true;
    } catch {
      return false;
    }
  }
}

function defaultFits(column: DraftColumn): boolean {
  const value = column.defaultText.trim();
  if (value === '' || column.defaultLocked) return true;
  if (column.type === 'number') return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(value);
  if (column.type === 'boolean') return value === 'true' || value === 'false';
  if (column.type === 'enum') return column.values.includes(value);
  if (column.type === 'date') return /^\d{4}-\d{2}-\d{2}$/.test(value) || /^now\(\)$/i.test(value);
  if (column.type === 'json' || column.type === 'array') {
    try {
      JSON.parse(value);
      return true;
    } catch {
      return false;
    }
  }
  return true;
}

/** What is wrong with a column, before the server is asked. */
export function columnProblem(
  column: DraftColumn,
  all: DraftColumn[],
  { attached = false } = {},
): Problem | undefined {
  const name = column.name.trim();
  if (!name) return 'name-missing';
  const isKept = !attached && systemColumns.has(name.toLowerCase());
  if (isKept && !column.original) return 'name-reserved';
  const twin = (other: DraftColumn) =>
    other.key !== column.key && other.name.trim().toLowerCase() === name.toLowerCase();
  if (all.some(twin)) return 'name-duplicate';
  if (column.type === 'enum' && column.values.length === 0) return 'values-missing';
  if (column.type === 'relation' && !column.relatedTable) return 'related-missing';
  if (!defaultFits(column)) return 'default-invalid';
  if (column.validation.pattern && !isPattern(column.validation.pattern)) return 'pattern-invalid';
  return undefined;
}

/** The findings that a person must confirm before a plan may run. */
export function hazardIds(plan: {
  undo?: { class: string } | null;
  lint: { id?: string; severity: string; confirm?: boolean }[];
}): string[] {
  const isHazard = ({ confirm, severity }: (typeof plan.lint)[number]) =>
    confirm ?? (plan.undo?.class === 'none' && severity === 'danger');
  return plan.lint
    .filter(isHazard)
    .map((finding) => finding.id ?? '')
    .filter(Boolean);
}
