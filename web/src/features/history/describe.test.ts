import { describe, expect, it } from 'vitest';
import type { Change, Operation } from '@/shared/api/types';
import { canUndo, concerns, describeChange, describeOperation, personOf } from './describe';
import { en } from './i18n/en';

const change = (more: Partial<Change>): Change => ({
  changeId: 'c1',
  state: 'applied',
  createdAt: '2026-01-01T00:00:00Z',
  operations: [{ op: 'DROP_COLUMN', table: 'custom_a', column: 'city' }],
  ...more,
});

describe('describeOperation', () => {
  it.each([
    [
      { op: 'CREATE_TABLE', table: { displayName: 'Airports', columns: [] } },
      'Create the table Airports',
    ],
    [{ op: 'DROP_COLUMN', table: 'a', column: 'b' }, 'Drop the column b of a'],
    [
      { op: 'CREATE_COLUMN', table: 'a', column: { name: 'b', type: 'text' } },
      'Add the column b to a',
    ],
    [
      { op: 'RENAME_COLUMN', table: 'a', column: 'b', newName: 'c' },
      'Rename the column b of a to c',
    ],
    [{ op: 'RENAME_TABLE', table: 'a', newName: 'b' }, 'Rename the table a to b'],
    [
      { op: 'CREATE_INDEX', table: 'a', index: { columns: ['b', 'c'] } },
      'Add an index on b, c to a',
    ],
  ] as [Operation, string][])('%j', (operation, words) => {
    expect(describeOperation(en, operation)).toBe(words);
  });
  it('calls tables as people do, where it is told how', () => {
    const nameOf = (table: string) => (table === 'custom_a' ? 'Airports' : table);
    const drop = { op: 'DROP_COLUMN', table: 'custom_a', column: 'city' } as const;
    expect(describeOperation(en, drop, nameOf)).toBe('Drop the column city of Airports');
  });
  it('names operations it does not know', () => {
    expect(describeOperation(en, { op: 'SPLIT_TABLE', table: 'a' })).toBe('SPLIT_TABLE a');
  });
});

describe('changes', () => {
  it('say how much more they do', () => {
    const two = change({});
    two.operations = [...two.operations, ...two.operations];
    expect(describeChange(en, two)).toBe('Drop the column city of custom_a (+1)');
  });
  it('concern their tables', () => {
    expect(concerns(change({}), 'custom_a')).toBe(true);
    expect(concerns(change({}), 'custom_b')).toBe(false);
  });
  it('can be undone once, and in time', () => {
    expect(canUndo(change({}))).toBe(true);
    expect(canUndo(change({ undoneBy: 'c2' }))).toBe(false);
    expect(canUndo(change({ undo: { class: 'none' } }))).toBe(false);
    expect(canUndo(change({ undoable: false }))).toBe(false);
    expect(canUndo(change({ undoUntil: '2020-01-01T00:00:00Z' }))).toBe(false);
    expect(canUndo(change({ state: 'failed' }))).toBe(false);
  });
  it('name people however the answer does', () => {
    expect(personOf({ id: 1, email: 'a@x' })).toBe('a@x');
    expect(personOf(7)).toBe('7');
    expect(personOf(null)).toBe('');
  });
});
