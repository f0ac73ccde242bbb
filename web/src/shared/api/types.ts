/** The shapes of contract.md that the studio reads. */

export type ColumnType =
  | 'text'
  | 'number'
  | 'boolean'
  | 'date'
  | 'datetime'
  | 'time'
  | 'uuid'
  | 'json'
  | 'enum'
  | 'binary'
  | 'array'
  | 'relation'
  | 'native';

export type NumberKind = 'integer' | 'bigint' | 'decimal' | 'float';
export type ReferenceAction = 'CASCADE' | 'SET NULL' | 'RESTRICT' | 'NO ACTION' | 'SET DEFAULT';

export interface Validation {
  minLength?: number;
  maxLength?: number;
  min?: number;
  max?: number;
  pattern?: string;
  enum?: string[];
}

export interface Column {
  name: string;
  displayName?: string | null;
  type: ColumnType;
  kind?: NumberKind | null;
  precision?: number | null;
  scale?: number | null;
  maxLength?: number | null;
  values?: string[] | null;
  nativeType?: string | null;
  nullable: boolean;
  unique?: boolean;
  defaultValue?: unknown;
  validation?: Validation | null;
  comment?: string | null;
  primaryKey?: boolean;
  autoIncrement?: boolean;
  generated?: boolean;
  relatedTable?: string | null;
  relationType?: 'belongsTo' | 'hasMany' | null;
  onDelete?: ReferenceAction | null;
  onUpdate?: ReferenceAction | null;
  order?: number;
  can?: Partial<Record<Ability, boolean>>;
}

export type Ability = 'read' | 'create' | 'update' | 'delete' | 'alter';

export interface IndexInfo {
  name: string;
  columns: string[];
  unique?: boolean;
  type?: string | null;
  where?: string | null;
}

export interface TableInfo {
  tableName: string;
  displayName: string;
  description?: string | null;
  icon?: string | null;
  color?: string | null;
  apiPath?: string | null;
  apiPrefix?: string | null;
  apiEnabled?: boolean;
  rowEstimate?: number | null;
  columns: Column[];
  /** of the server's own shape; false for tables of an attached database */
  managed?: boolean;
  kind?: string;
  primaryKey?: string[];
  /** the columns that address a row; without a primary key all that can be compared */
  rowKey?: string[];
  indexes?: IndexInfo[];
  relationships?: unknown[];
  permissions?: Record<string, string[]> | null;
  can?: Partial<Record<Ability, boolean>>;
  updatedAt?: string | null;
  createdAt?: string | null;
}

export type Row = Record<string, unknown>;

export interface Pagination {
  total: number | null;
  page: number;
  limit: number;
  pages: number | null;
  exact?: boolean;
}

export interface RowPage {
  rows: Row[];
  pagination: Pagination;
}

export interface PlanStep {
  text: string;
  transaction?: number | string | boolean | null;
  lock?: string | null;
  rewrite?: boolean | null;
}

export interface LintFinding {
  id?: string;
  rule: string;
  severity: string;
  message: string;
  hint?: string | null;
  /** this one must be confirmed before the plan may run */
  confirm?: boolean;
  /** rows at risk, where they were counted */
  rows?: number | null;
}

export interface Plan {
  planId?: string;
  fingerprint?: string;
  operations: Operation[];
  steps: PlanStep[];
  lint: LintFinding[];
  undo?: { class: string } | null;
  checks?: unknown[];
}

export interface ChangeUser {
  id: number;
  email?: string;
  name?: string;
}

export interface Change {
  changeId: string;
  state: string;
  createdAt: string;
  createdBy?: ChangeUser | number | string | null;
  operations: Operation[];
  steps?: (PlanStep & { state?: string; error?: string | null; durationMs?: number | null })[];
  undoUntil?: string | null;
  undoOf?: string | null;
  undoneBy?: string | null;
  undo?: { class: string; until?: string | null } | null;
  /** the server's word on whether the way back is open */
  undoable?: boolean;
  summary?: string | null;
  error?: { code?: string; message?: string } | string | null;
}

/** A column as the designer sends it. */
export type ColumnSpec = Partial<Column> & { name: string; type: ColumnType };

export interface ForeignKeySpec {
  name?: string;
  columns: string[];
  referencedTable: string;
  referencedColumns: string[];
  onDelete?: ReferenceAction;
  onUpdate?: ReferenceAction;
}

export interface TableSpec {
  tableName?: string;
  displayName: string;
  description?: string;
  icon?: string;
  color?: string;
  columns: ColumnSpec[];
  indexes?: Partial<IndexInfo>[];
  foreignKeys?: ForeignKeySpec[];
}

export type Operation =
  | { op: 'CREATE_TABLE'; table: TableSpec }
  | { op: 'RENAME_TABLE'; table: string; newName: string }
  | { op: 'DROP_TABLE'; table: string }
  | { op: 'CREATE_COLUMN'; table: string; column: ColumnSpec }
  | { op: 'MODIFY_COLUMN'; table: string; column: string; set: Partial<Column> }
  | { op: 'RENAME_COLUMN'; table: string; column: string; newName: string }
  | { op: 'DROP_COLUMN'; table: string; column: string }
  | { op: 'CREATE_INDEX'; table: string; index: Partial<IndexInfo> & { columns: string[] } }
  | { op: 'DROP_INDEX'; table: string; index: string }
  | { op: 'CREATE_FOREIGN_KEY'; table: string; foreignKey: ForeignKeySpec }
  | { op: 'DROP_FOREIGN_KEY'; table: string; foreignKey: string };

export type Role = 'OWNER' | 'PLATFORM_ADMIN' | 'TENANT_ADMIN' | 'USER';

export interface User {
  id: number;
  email: string;
  firstName?: string | null;
  lastName?: string | null;
  team?: string | null;
  role: Role;
  tenantId?: number | null;
  tenant?: string | null;
  permissionLevel?: string | null;
  timezone?: string | null;
  disabled?: boolean;
  isActive?: boolean;
  createdAt?: string | null;
  lastLoginAt?: string | null;
}

export interface Tenant {
  id: number;
  slug: string;
  name?: string | null;
  disabled?: boolean;
  isActive?: boolean;
  createdAt?: string | null;
}

export interface ApiToken {
  id: string | number;
  name?: string | null;
  prefix?: string | null;
  allow?: string[] | null;
  createdAt?: string | null;
  expiresAt?: string | null;
  lastUsedAt?: string | null;
  revokedAt?: string | null;
  token?: string;
  secret?: string;
}

export interface ImportError {
  row: number;
  column?: string | null;
  code: string;
  message: string;
  value?: unknown;
}

export interface ImportResult {
  inserted: number;
  updated: number;
  skipped: number;
  errors: ImportError[];
}

export interface TrashItem {
  id: string;
  kind?: string;
  type?: string;
  name?: string;
  tableName?: string | null;
  columnName?: string | null;
  table?: string | null;
  column?: string | null;
  displayName?: string | null;
  droppedAt?: string | null;
  createdAt?: string | null;
  expiresAt?: string | null;
  purgeAt?: string | null;
  purgeAfter?: string | null;
  undoUntil?: string | null;
  droppedBy?: ChangeUser | number | string | null;
  rowEstimate?: number | null;
  rows?: number | null;
  changeId?: string | null;
}

export interface AuditEntry {
  id: string | number;
  at?: string;
  time?: string;
  createdAt?: string;
  userEmail?: string | null;
  state?: string | null;
  actor?: ChangeUser | number | string | null;
  user?: ChangeUser | number | string | null;
  action: string;
  object?: string | null;
  statement?: string | null;
  changeId?: string | null;
  outcome?: string | null;
}

export interface Job {
  id: string;
  kind: string;
  title?: string | null;
  state: string;
  progress?: number | null;
  done?: number | null;
  total?: number | null;
  createdAt?: string | null;
  finishedAt?: string | null;
  message?: string | null;
  error?: unknown;
  result?: unknown;
}

export interface SourceOptions {
  address?: string | null;
  host?: string;
  socket?: string;
  port?: number;
  database?: string;
  schema?: string;
  user?: string;
  tls?: 'prefer' | 'off' | 'require' | 'verify';
  tlsCa?: string;
  path?: string;
}

export interface SourceInfo {
  name: string;
  displayName: string;
  kind: string;
  label: string;
  /** the workspace's own tables */
  managed: boolean;
  mode: 'read-only' | 'read-write';
  hasPassword?: boolean;
  options?: SourceOptions;
  allowTables?: string[] | null;
  forbidTables?: string[];
  connected: boolean;
  problem?: string | null;
  version?: string | null;
  can?: { update?: boolean; delete?: boolean; test?: boolean };
  /** what its engine can do, told by the source's own route */
  abilities?: Record<string, boolean>;
}

/** What may be changed in the structure of a source; names of the schema manager's options. */
export interface SourcePolicy {
  enabled: boolean;
  environment: 'development' | 'test' | 'production';
  restrictTo: ('admin' | 'developer' | 'editor' | 'user')[];
  requireConfirmation: boolean;
  dryRunMode: boolean;
  enableTableCreation: boolean;
  enableTableDeletion: boolean;
  enableColumnModification: boolean;
  enableColumnDeletion: boolean;
  enableIndexManagement: boolean;
  enableForeignKeyManagement: boolean;
  allowedDatabases: string[];
  forbiddenTables: string[];
  forbiddenColumns: string[];
}

export interface SourceKind {
  kind: string;
  label: string;
  scheme: string;
  /** 0: a file */
  port: number;
}

export interface SourceTest {
  ok: boolean;
  ms: number;
  version?: string | null;
  tables?: number;
  error?: { code: string; message: string; hint?: string | null };
}
