import { describe, expect, it } from 'vitest';
import type { TableInfo } from '@/shared/api/types';
import {
  buildChanges,
  columnProblem,
  columnSpec,
  countChanges,
  type Draft,
  emptyColumn,
  emptyDraft,
  hazardIds,
  moveItem,
  parseDefault,
  tableSpec,
  tableToDraft,
  toIdentifier,
} from './model';

const table: TableInfo = {
  tableName: 'custom_airports',
  displayName: 'Airports',
  columns: [
    { name: 'id', type: 'uuid', nullable: false, primaryKey: true },
    { name: 'iata', type: 'text', nullable: false, unique: true },
    { name: 'name', type: 'text', nullable: true },
    { name: 'latitude', type: 'number', kind: 'float', nullable: true },
    { name: 'created_at', type: 'datetime', nullable: true },
  ],
  indexes: [
    { name: 'uq_iata', columns: ['iata'], unique: true },
    { name: 'idx_tenant', columns: ['tenant_id'] },
    { name: 'idx_name', columns: ['name', 'latitude'] },
  ],
};

function edit(change: (draft: Draft) => Draft) {
  const before = tableToDraft(table);
  return buildChanges(table, before, change(before));
}

describe('names', () => {
  it('turns what a person types into an identifier', () => {
    expect(toIdentifier('Zip code')).toBe('zip_code');
    expect(toIdentifier('Cost Total $')).toBe('cost_total');
    expect(toIdentifier('Città')).toBe('citta');
    expect(toIdentifier('2nd try')).toBe('c_2nd_try');
    expect(toIdentifier('firstName')).toBe('first_name');
  });
});

describe('draft of a live table', () => {
  it('hides the columns and indexes that the server keeps', () => {
    const draft = tableToDraft(table);
    expect(draft.columns.map((column) => column.name)).toEqual(['iata', 'name', 'latitude']);
    expect(draft.indexes.map((index) => index.name)).toEqual(['idx_name']);
  });

  it('gives no change when nothing changed', () => {
    const changes = edit((draft) => draft);
    expect(changes).toEqual({ operations: [], display: [] });
    expect(countChanges(changes)).toBe(0);
  });
});

describe('change list', () => {
  it('renames, never drops and adds', () => {
    const { operations } = edit((draft) => ({
      ...draft,
      columns: draft.columns.map((c) => (c.name === 'name' ? { ...c, name: 'title' } : c)),
    }));
    expect(operations).toEqual([
      { op: 'RENAME_COLUMN', table: 'custom_airports', column: 'name', newName: 'title' },
    ]);
  });

  it('drops before it adds, so that a name can be used again', () => {
    const { operations } = edit((draft) => ({
      ...draft,
      columns: [
        ...draft.columns.filter((c) => c.name !== 'name'),
        { ...emptyColumn('number'), name: 'name', kind: 'integer' as const },
      ],
    }));
    expect(operations.map((operation) => operation.op)).toEqual(['DROP_COLUMN', 'CREATE_COLUMN']);
  });

  it('sends uniqueness as an index of its own', () => {
    const { operations } = edit((draft) => ({
      ...draft,
      columns: draft.columns.map((c) =>
        c.name === 'iata'
          ? { ...c, unique: false }
          : c.name === 'name'
            ? { ...c, unique: true }
            : c,
      ),
    }));
    expect(operations).toEqual([
      { op: 'DROP_INDEX', table: 'custom_airports', index: 'uq_iata' },
      {
        op: 'CREATE_INDEX',
        table: 'custom_airports',
        index: { columns: ['name'], unique: true },
      },
    ]);
  });

  it('asks for a modification when the structure of a column changes', () => {
    const { operations } = edit((draft) => ({
      ...draft,
      columns: draft.columns.map((c) => (c.name === 'name' ? { ...c, nullable: false } : c)),
    }));
    expect(operations).toEqual([
      { op: 'MODIFY_COLUMN', table: 'custom_airports', column: 'name', set: { nullable: false } },
    ]);
  });

  it('keeps display names, rules and order out of the DDL', () => {
    const changes = edit((draft) => ({
      ...draft,
      columns: moveItem(
        draft.columns.map((c) => (c.name === 'name' ? { ...c, displayName: 'Full name' } : c)),
        2,
        0,
      ),
    }));
    expect(changes.operations).toEqual([]);
    expect(changes.display).toEqual([
      { column: 'latitude', set: { order: 1 } },
      { column: 'iata', set: { order: 2 } },
      { column: 'name', set: { displayName: 'Full name', order: 3 } },
    ]);
    expect(countChanges(changes)).toBe(2);
  });

  it('adds at the end without touching the order', () => {
    const changes = edit((draft) => ({
      ...draft,
      columns: [...draft.columns, { ...emptyColumn(), name: 'city' }],
    }));
    expect(changes.display).toEqual([]);
    expect(changes.operations).toEqual([
      { op: 'CREATE_COLUMN', table: 'custom_airports', column: { name: 'city', type: 'text' } },
    ]);
  });
});

describe('column bodies', () => {
  it('holds only what differs from the defaults', () => {
    expect(columnSpec({ ...emptyColumn(), name: 'city' })).toEqual({ name: 'city', type: 'text' });
  });

  it('carries a relation with its rules', () => {
    const column = {
      ...emptyColumn('relation'),
      name: 'company_id',
      relatedTable: 'custom_companies',
    };
    expect(columnSpec({ ...column, onDelete: 'CASCADE' })).toEqual({
      name: 'company_id',
      type: 'relation',
      relatedTable: 'custom_companies',
      relationType: 'belongsTo',
      onDelete: 'CASCADE',
    });
  });

  it('reads defaults by type and keeps long numbers exact', () => {
    const number = emptyColumn('number');
    expect(parseDefault({ ...number, defaultText: '3.5' })).toBe(3.5);
    expect(parseDefault({ ...number, defaultText: '12345678901234567890' })).toBe(
      '12345678901234567890',
    );
    expect(parseDefault({ ...emptyColumn('boolean'), defaultText: 'false' })).toBe(false);
    expect(parseDefault({ ...emptyColumn('json'), defaultText: '{"a":1}' })).toEqual({ a: 1 });
    expect(parseDefault(emptyColumn())).toBeUndefined();
  });

  it('leaves nameless rows out of a new table', () => {
    const spec = tableSpec({
      displayName: ' Airports ',
      description: '',
      icon: 'plane',
      color: '',
      columns: [{ ...emptyColumn(), name: 'iata', unique: true, nullable: false }, emptyColumn()],
      indexes: [],
    });
    expect(spec).toEqual({
      displayName: 'Airports',
      icon: 'plane',
      columns: [{ name: 'iata', type: 'text', nullable: false, unique: true }],
    });
  });
});

describe('problems', () => {
  it('finds names that are missing, taken or reserved', () => {
    const a = { ...emptyColumn(), name: 'city' };
    const b = { ...emptyColumn(), name: 'City' };
    expect(columnProblem(emptyColumn(), [])).toBe('name-missing');
    expect(columnProblem(a, [a, b])).toBe('name-duplicate');
    expect(columnProblem({ ...emptyColumn(), name: 'created_at' }, [])).toBe('name-reserved');
  });

  it('finds defaults and patterns that cannot be', () => {
    const number = { ...emptyColumn('number'), name: 'n', defaultText: 'many' };
    expect(columnProblem(number, [number])).toBe('default-invalid');
    const pattern = { ...emptyColumn(), name: 'p' };
    pattern.validation = { ...pattern.validation, pattern: '([' };
    expect(columnProblem(pattern, [pattern])).toBe('pattern-invalid');
  });
});

describe('hazards', () => {
  const lint = [
    { id: 'DL002:0', severity: 'danger' },
    { id: 'NM001:0', severity: 'info' },
  ];
  it('asks only where the change cannot be undone', () => {
    expect(hazardIds({ undo: { class: 'hide' }, lint })).toEqual([]);
    expect(hazardIds({ undo: { class: 'none' }, lint })).toEqual(['DL002:0']);
  });
  it('or where the server says so', () => {
    const told = lint.map((finding) => ({ ...finding, confirm: finding.severity === 'info' }));
    expect(hazardIds({ undo: { class: 'trash' }, lint: told })).toEqual(['NM001:0']);
  });
});

describe('a new table in an attached database', () => {
  it('begins with a numbered key where rows can be numbered', () => {
    const draft = { ...emptyDraft(true), displayName: 'Parts' };
    expect(tableSpec(draft).columns).toEqual([
      expect.objectContaining({
        name: 'id',
        kind: 'integer',
        primaryKey: true,
        autoIncrement: true,
      }),
    ]);
    expect(emptyDraft().columns.every((column) => !column.primaryKey)).toBe(true);
  });
  it('numbers nothing but whole numbers that are its key', () => {
    const [id] = emptyDraft(true).columns;
    if (!id) throw new Error('no key');
    expect(columnSpec({ ...id, type: 'text' })).not.toHaveProperty('autoIncrement');
    expect(columnSpec({ ...id, kind: 'decimal' })).not.toHaveProperty('autoIncrement');
    expect(columnSpec({ ...id, primaryKey: false })).not.toHaveProperty('autoIncrement');
    expect(columnSpec({ ...id, unique: true })).not.toHaveProperty('unique');
  });
  it('has no names that are kept for the server', () => {
    const [id] = emptyDraft(true).columns;
    if (!id) throw new Error('no key');
    expect(columnProblem(id, [id])).toBe('name-reserved');
    expect(columnProblem(id, [id], { attached: true })).toBeUndefined();
  });
});
