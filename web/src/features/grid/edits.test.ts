import { describe, expect, it, vi } from 'vitest';
import { ApiError } from '@/shared/api/client';
import type { Column, Row } from '@/shared/api/types';
import type { Backend, BulkOperation } from './backend';
import { EditStore, errorPlace } from './edits';

const columns: Column[] = [
  { name: 'id', type: 'uuid', nullable: false, primaryKey: true },
  { name: 'name', type: 'text', nullable: true },
  { name: 'age', type: 'number', nullable: true },
  { name: 'created_at', type: 'datetime', nullable: false },
];

/** A small server with versions. */
function setUp(rows: Row[]) {
  const table = new Map(rows.map((row) => [String(row['id']), { row, version: 1 }]));
  const failure = (status: number, where?: string) =>
    new ApiError(status, { code: 'x', message: 'refused', where });
  const get = (key: string) => {
    const found = table.get(key);
    if (!found) throw failure(404);
    return found;
  };
  const check = (row: Row, where: string) => {
    if (row['age'] === -1) throw failure(422, `${where}/age`);
  };
  const backend: Backend = {
    read: async (key) => ({ row: { ...get(key).row }, etag: `"${get(key).version}"` }),
    patch: async (key, change, etag) => {
      const found = get(key);
      if (etag && etag !== `"${found.version}"`) throw failure(412);
      check(change, '');
      found.row = { ...found.row, ...change };
      found.version += 1;
      return { row: found.row, etag: `"${found.version}"` };
    },
    insert: async (row) => {
      table.set(String(row['id']), { row, version: 1 });
      return { row, etag: '"1"' };
    },
    bulk: async (operations: BulkOperation[]) => {
      operations.forEach((operation, index) => {
        check(operation.data ?? {}, `/operations/${index}/data`);
      });
      for (const { method, id = '', data = {} } of operations) {
        if (method === 'DELETE') table.delete(id);
        else if (method === 'POST') table.set(String(data['id']), { row: data, version: 1 });
        else {
          const found = get(id);
          found.row = { ...found.row, ...data };
          found.version += 1;
        }
      }
    },
  };
  const hooks = {
    columns: () => columns,
    keyName: () => 'id',
    onRow: vi.fn(),
    onRows: vi.fn(),
    onFailure: vi.fn(),
  };
  return { table, hooks, backend, edits: new EditStore(backend, hooks) };
}

const change = (key: string, column: string, before: unknown, after: unknown) => ({
  key,
  column,
  before,
  after,
});

describe('an edit', () => {
  it('shows at once, is saved, and goes back and forth', async () => {
    const { edits, table } = setUp([{ id: 'a', name: 'Ann' }]);
    edits.edit([change('a', 'name', 'Ann', 'Bea')]);
    expect(edits.cellsOf('a')?.['name']).toMatchObject({ value: 'Bea', status: 'saving' });
    await edits.idle();
    expect(edits.cellsOf('a')).toBeUndefined();
    expect(table.get('a')?.row['name']).toBe('Bea');
    edits.undo();
    await edits.idle();
    expect(table.get('a')?.row['name']).toBe('Ann');
    edits.redo();
    await edits.idle();
    expect(table.get('a')?.row['name']).toBe('Bea');
    expect(edits.canRedo).toBe(false);
  });
  it('that changes nothing is none', () => {
    const { edits } = setUp([{ id: 'a', name: 'Ann' }]);
    edits.edit([change('a', 'name', 'Ann', 'Ann')]);
    expect(edits.canUndo).toBe(false);
  });
  it('that the server refuses stays in its cell and is no step', async () => {
    const { edits, table } = setUp([{ id: 'a', age: 1 }]);
    edits.edit([change('a', 'age', 1, -1)]);
    await edits.idle();
    expect(edits.cellsOf('a')?.['age']).toMatchObject({ value: -1, status: 'failed' });
    expect(edits.failures).toBe(1);
    expect(edits.canUndo).toBe(false);
    expect(table.get('a')?.row['age']).toBe(1);
    edits.discard('a', 'age');
    expect(edits.failures).toBe(0);
  });
});

describe('a change by somebody else', () => {
  it('of the same cell is a conflict, and one chooses', async () => {
    const { edits, table, backend } = setUp([{ id: 'a', name: 'Ann' }]);
    await edits.prepare('a');
    await backend.patch('a', { name: 'Theirs' }, undefined);
    edits.edit([change('a', 'name', 'Ann', 'Mine')]);
    await edits.idle();
    expect(edits.cellsOf('a')?.['name']).toMatchObject({
      status: 'failed',
      conflict: { theirs: 'Theirs' },
    });
    expect(table.get('a')?.row['name']).toBe('Theirs');
    edits.retry('a', 'name');
    await edits.idle();
    expect(table.get('a')?.row['name']).toBe('Mine');
    edits.undo();
    await edits.idle();
    expect(table.get('a')?.row['name']).toBe('Theirs');
  });
  it('is noticed without a known version, too', async () => {
    const { edits, table } = setUp([{ id: 'a', name: 'Theirs' }]);
    edits.edit([change('a', 'name', 'Ann', 'Mine')]);
    await edits.idle();
    expect(edits.failures).toBe(1);
    expect(table.get('a')?.row['name']).toBe('Theirs');
  });
  it('of another cell of the row fits together with ours', async () => {
    const { edits, table, backend } = setUp([{ id: 'a', name: 'Ann', age: 1 }]);
    await edits.prepare('a');
    await backend.patch('a', { age: 2 }, undefined);
    edits.edit([change('a', 'name', 'Ann', 'Mine')]);
    await edits.idle();
    expect(edits.failures).toBe(0);
    expect(table.get('a')?.row).toEqual({ id: 'a', name: 'Mine', age: 2 });
  });
});

describe('many cells', () => {
  it('are one step', async () => {
    const { edits, table } = setUp([
      { id: 'a', age: 1 },
      { id: 'b', age: 2 },
    ]);
    edits.edit([change('a', 'age', 1, 5), change('b', 'age', 2, 6)]);
    await edits.idle();
    expect([table.get('a')?.row['age'], table.get('b')?.row['age']]).toEqual([5, 6]);
    edits.undo();
    await edits.idle();
    expect([table.get('a')?.row['age'], table.get('b')?.row['age']]).toEqual([1, 2]);
  });
  it('are refused together, the wrong one marked', async () => {
    const { edits, table, hooks } = setUp([
      { id: 'a', age: 1 },
      { id: 'b', age: 2 },
    ]);
    edits.edit([change('a', 'age', 1, 5), change('b', 'age', 2, -1)]);
    await edits.idle();
    expect(edits.cellsOf('a')).toBeUndefined();
    expect(edits.cellsOf('b')?.['age']?.status).toBe('failed');
    expect(table.get('a')?.row['age']).toBe(1);
    expect(hooks.onFailure).toHaveBeenCalledOnce();
  });
});

describe('more cells than one request takes', () => {
  it('keep what was saved when a later part is refused', async () => {
    const { edits, table } = setUp(Array.from({ length: 700 }, (_, id) => ({ id, age: 0 })));
    edits.edit(
      Array.from({ length: 700 }, (_, id) => change(String(id), 'age', 0, id === 600 ? -1 : 7)),
    );
    await edits.idle();
    expect(table.get('499')?.row['age']).toBe(7);
    expect(table.get('550')?.row['age']).toBe(0);
    expect(edits.cellsOf('600')?.['age']?.status).toBe('failed');
    expect(edits.cellsOf('499')).toBeUndefined();
    edits.undo();
    await edits.idle();
    expect(table.get('499')?.row['age']).toBe(0);
    expect(edits.canUndo).toBe(false);
  });
  it('delete what could be deleted, and bring it back', async () => {
    const rows = Array.from({ length: 700 }, (_, id) => ({ id: String(id), age: 0 }));
    const { edits, table, backend } = setUp(rows);
    const bulk = backend.bulk;
    let calls = 0;
    backend.bulk = (operations) => {
      calls += 1;
      return calls === 2 ? Promise.reject(new Error('down')) : bulk(operations);
    };
    expect(await edits.remove(rows)).toBe(false);
    expect(table.size).toBe(200);
    edits.undo();
    await edits.idle();
    expect(table.size).toBe(700);
  });
});

describe('rows', () => {
  it('come back as they were when a delete is undone', async () => {
    const rows = [
      { id: 'a', name: null, age: '12345678901234567890', created_at: 'then' },
      { id: 'b', name: '', age: 2, created_at: 'then' },
    ];
    const { edits, table } = setUp(rows);
    expect(await edits.remove(rows)).toBe(true);
    expect(table.size).toBe(0);
    edits.undo();
    await edits.idle();
    expect(table.get('a')?.row).toEqual({ id: 'a', name: null, age: '12345678901234567890' });
    expect(table.get('b')?.row).toEqual({ id: 'b', name: '', age: 2 });
    edits.redo();
    await edits.idle();
    expect(table.size).toBe(0);
  });
  it('that were added go when that is undone', async () => {
    const { edits, table, hooks } = setUp([]);
    await edits.add({ id: 'n', name: 'New' });
    expect(hooks.onRows).toHaveBeenCalled();
    edits.undo();
    await edits.idle();
    expect(table.has('n')).toBe(false);
  });
});

it('finds the place of an error', () => {
  expect(errorPlace('/operations/3/data/age')).toEqual({ index: 3, column: 'age' });
  expect(errorPlace('/2/a~1b')).toEqual({ index: 2, column: 'a/b' });
  expect(errorPlace('/age')).toEqual({ column: 'age' });
  expect(errorPlace(undefined)).toEqual({});
});
