import type { Change, Operation } from '@/shared/api/types';
import type { HistoryMessages } from './i18n/en';

type Loose = Record<string, unknown> & { op: string };

const nameIn = (value: unknown, ...fields: string[]): string => {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  for (const field of fields) {
    const found = (value as Record<string, unknown>)[field];
    if (typeof found === 'string' && found) return found;
  }
  return '';
};

/** The table an operation is about. */
export function tableOf(operation: Operation | Loose): string {
  return nameIn((operation as Loose)['table'], 'tableName', 'name', 'displayName');
}

function subjectOf(operation: Loose): string {
  const index = operation['index'] as { columns?: unknown[]; name?: string } | string | undefined;
  if (typeof index === 'object' && Array.isArray(index?.columns))
    return index.columns.map((column) => nameIn(column, 'column', 'name')).join(', ');
  const key = operation['foreignKey'] as { referencedTable?: string } | string | undefined;
  if (typeof key === 'object') return key?.referencedTable ?? '';
  return (
    nameIn(operation['column'], 'name') ||
    nameIn(index) ||
    nameIn(key) ||
    nameIn(operation['newName'])
  );
}

/** How a table is called on the screen; its name in the database where it has no other. */
export type NameOf = (table: string) => string;

/** One operation in words. */
export function describeOperation(
  m: HistoryMessages,
  operation: Operation | Loose,
  nameOf: NameOf = (table) => table,
): string {
  const loose = operation as Loose;
  const words = m.ops[loose.op];
  const table =
    loose.op === 'CREATE_TABLE'
      ? nameIn(loose['table'], 'displayName', 'tableName', 'name')
      : nameOf(tableOf(loose));
  if (!words) return [loose.op, table, subjectOf(loose)].filter(Boolean).join(' ');
  return words(table, subjectOf(loose), nameIn(loose['newName']));
}

export function describeChange(m: HistoryMessages, change: Change, nameOf?: NameOf): string {
  const [first, ...more] = change.operations ?? [];
  if (!first) return change.summary ?? change.changeId;
  const text = describeOperation(m, first, nameOf);
  return more.length > 0 ? `${text} (+${more.length})` : text;
}

export function concerns(change: Change, tableName: string): boolean {
  return (change.operations ?? []).some((operation) => {
    const loose = operation as Loose;
    const { table } = loose;
    if (loose.op === 'CREATE_TABLE' && typeof table === 'object' && table !== null) {
      const made = table as { tableName?: string; displayName?: string };
      return made.tableName === tableName || `custom_${made.tableName}` === tableName;
    }
    return tableOf(loose) === tableName || `custom_${tableOf(loose)}` === tableName;
  });
}

/** Whether the way back is still open. */
export function canUndo(change: Change, now: number = Date.now()): boolean {
  if (change.undoneBy || /undone|failed|running|pending|rolled/i.test(change.state)) return false;
  if (change.undoable === false || change.undo?.class?.toLowerCase() === 'none') return false;
  return !change.undoUntil || Date.parse(change.undoUntil) > now;
}

/** Who did it, as the answer names them. */
export function personOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'object') {
    const person = value as { email?: string; name?: string; id?: unknown };
    return person.email ?? person.name ?? String(person.id ?? '');
  }
  return String(value);
}
