import { describe, expect, it } from 'vitest';
import type { Column, TableInfo } from '@/shared/api/types';
import {
  byteLength,
  clearedValue,
  copyText,
  editText,
  exactNumber,
  gridColumns,
  isEditable,
  isInsertable,
  keyNames,
  keyOf,
  parseText,
  plainNumber,
  rowKey,
  sameValue,
  showValue,
  tagTone,
  toggled,
} from './values';

const column = (type: Column['type'], more: Partial<Column> = {}): Column => ({
  name: 'c',
  type,
  nullable: true,
  ...more,
});
const value = (of: Column, text: string, language = 'en') => {
  const parsed = parseText(of, text, language);
  return parsed.ok ? parsed.value : parsed.problem;
};

describe('numbers', () => {
  it('are read as people of the language write them', () => {
    expect(plainNumber('1.234,56', 'it')).toBe('1234.56');
    expect(plainNumber('1 234,56', 'fr')).toBe('1234.56');
    expect(plainNumber('1,234.56', 'en')).toBe('1234.56');
    expect(plainNumber('1.234.567', 'it')).toBe('1234567');
    expect(plainNumber('1,5', 'it')).toBe('1.5');
  });
  it('are never guessed', () => {
    expect(plainNumber('1,23,4', 'en')).toBeNull();
    expect(plainNumber('abc', 'en')).toBeNull();
    expect(plainNumber('', 'en')).toBeNull();
    // what the grid itself writes means the same in every language
    expect(plainNumber('1.500', 'it')).toBe('1.500');
  });
  it('keep every digit', () => {
    expect(exactNumber('9007199254740993')).toBe('9007199254740993');
    expect(exactNumber('9007199254740991')).toBe(9007199254740991);
    expect(exactNumber('0.1234567890123456789')).toBe('0.1234567890123456789');
    expect(exactNumber('12.5')).toBe(12.5);
    expect(value(column('number', { kind: 'decimal' }), '12.50')).toBe('12.50');
  });
  it('respect the kind', () => {
    expect(value(column('number', { kind: 'integer' }), '1.5')).toBe('integer');
    expect(value(column('number', { kind: 'integer' }), '-7')).toBe(-7);
    expect(value(column('number'), 'seven')).toBe('number');
  });
});

describe('other types', () => {
  it('booleans', () => {
    expect(value(column('boolean'), 'Vero')).toBe(true);
    expect(value(column('boolean'), '0')).toBe(false);
    expect(value(column('boolean'), 'perhaps')).toBe('boolean');
    expect(toggled(column('boolean'), true)).toBe(false);
    expect(toggled(column('boolean'), false)).toBeNull();
    expect(toggled(column('boolean', { nullable: false }), false)).toBe(true);
  });
  it('dates that exist', () => {
    expect(value(column('date'), '2024-02-29')).toBe('2024-02-29');
    expect(value(column('date'), '2023-02-29')).toBe('date');
    expect(value(column('date'), '17/05/2026', 'it')).toBe('2026-05-17');
    expect(value(column('date'), '17/05/2026', 'en')).toBe('date');
  });
  it('instants, with or without a zone', () => {
    expect(value(column('datetime'), '2026-01-31T12:00:00.123456Z')).toBe(
      '2026-01-31T12:00:00.123456Z',
    );
    const local = value(column('datetime'), '2026-01-31T12:00');
    expect(new Date(String(local)).getHours()).toBe(12);
    expect(value(column('datetime'), 'yesterday')).toBe('datetime');
    expect(editText(column('datetime'), String(local))).toBe('2026-01-31T12:00:00');
  });
  it('times, ids, JSON, lists, choices', () => {
    expect(value(column('time'), '9:05')).toBe('09:05:00');
    expect(value(column('time'), '25:00')).toBe('time');
    expect(value(column('uuid'), '018F0000-0000-7000-8000-000000000001')).toBe(
      '018f0000-0000-7000-8000-000000000001',
    );
    expect(value(column('uuid'), 'x')).toBe('uuid');
    expect(value(column('json'), '{"a":[1]}')).toEqual({ a: [1] });
    expect(value(column('json'), '{a:1}')).toBe('json');
    expect(value(column('array'), '{}')).toBe('array');
    const stage = column('enum', { values: ['lead', 'lost'] });
    expect(value(stage, 'Lead')).toBe('lead');
    expect(value(stage, 'won')).toBe('enum');
  });
});

describe('nothing and the empty text', () => {
  it('are two things', () => {
    expect(value(column('text'), '')).toBeNull();
    expect(parseText(column('text'), '', 'en', true)).toEqual({ ok: true, value: '' });
    expect(sameValue('', null)).toBe(false);
    expect(sameValue(undefined, null)).toBe(true);
  });
  it('are refused where a value is required', () => {
    expect(clearedValue(column('number', { nullable: false }))).toEqual({
      ok: false,
      problem: 'required',
    });
    expect(clearedValue(column('text', { nullable: false }))).toEqual({ ok: true, value: '' });
  });
});

describe('what a copy carries', () => {
  const samples: [Column, unknown][] = [
    [column('text'), 'a\tb\n"c"'],
    [column('number', { kind: 'bigint' }), '9007199254740993'],
    [column('number', { kind: 'decimal' }), '0.10'],
    [column('boolean'), false],
    [column('date'), '2026-05-17'],
    [column('datetime'), '2026-05-17T10:00:00.123456Z'],
    [column('time'), '10:00:00.5'],
    [column('json'), { a: [1, 'x', null] }],
    [column('json'), 'a text'],
    [column('array'), [1, 2]],
  ];
  it.each(samples)('reads back as it was: %o', (of, given) => {
    expect(value(of, copyText(of, given), 'it')).toEqual(given);
  });
});

describe('columns', () => {
  const table = {
    tableName: 'custom_t',
    displayName: 'T',
    columns: [
      column('text', { name: 'b', order: 2 }),
      column('text', { name: 'a', order: 1 }),
      column('relation', { name: 'many', relationType: 'hasMany' }),
      column('number', { name: 'tenant_id' }),
    ],
  } as TableInfo;
  const names = (of: TableInfo) => gridColumns(of).map(({ name }) => name);
  it('come in their order, those of the server behind, what has no value left out', () => {
    expect(names(table)).toEqual(['a', 'b', 'created_at', 'updated_at', 'id']);
    const live = {
      ...table,
      columns: [
        column('uuid', { name: 'id', order: 0 }),
        column('number', { name: 'created_by', order: 0 }),
        ...table.columns,
      ],
    };
    expect(names(live)).toEqual(['a', 'b', 'created_at', 'updated_at', 'created_by', 'id']);
    const keyed = { ...table, columns: [column('number', { name: 'code', primaryKey: true })] };
    expect(names(keyed)).toEqual(['code', 'created_at', 'updated_at']);
  });
  it('are read only where the server keeps them or the rights say so', () => {
    expect(isEditable(column('text', { name: 'created_at' }))).toBe(false);
    expect(isEditable(column('text', { can: { update: false } }))).toBe(false);
    expect(isEditable(column('binary'))).toBe(false);
    expect(isEditable(column('text'))).toBe(true);
  });
});

it('gives the choices of a column colours that differ', () => {
  const stage = column('enum', { values: ['lead', 'customer', 'lost'] });
  expect(['lead', 'customer', 'lost', 'unknown'].map((word) => tagTone(stage, word))).toEqual([
    0, 1, 2, 0,
  ]);
});

it('shows decimals with the digits of their column', () => {
  const price = column('number', { kind: 'decimal', scale: 2 });
  expect([16, 19.1, '-3.5', '1.005', 'x'].map((of) => showValue(price, of, 'en'))).toEqual([
    '16.00',
    '19.10',
    '-3.50',
    '1.005',
    'x',
  ]);
  expect(showValue(column('number', { kind: 'integer' }), 16, 'en')).toBe('16');
});

it('shows sizes and long texts', () => {
  expect(byteLength('aGVsbG8=')).toBe(5);
  expect(byteLength('')).toBe(0);
  expect(showValue(column('text'), 'x'.repeat(5000), 'en')).toHaveLength(301);
  expect(showValue(column('date'), '2026-05-17', 'en')).toContain('2026');
  expect(showValue(column('json'), { a: 1 }, 'en')).toBe('{"a":1}');
});

describe('rows of an attached table', () => {
  const number: Column = {
    name: 'n',
    type: 'number',
    nullable: false,
    primaryKey: true,
    can: { create: true, update: false },
  };
  const text: Column = {
    name: 'created_at',
    type: 'text',
    nullable: true,
    can: { create: true, update: true },
  };
  const table = (more: Partial<TableInfo>): TableInfo => ({
    tableName: 't',
    displayName: 't',
    columns: [number, text],
    managed: false,
    ...more,
  });
  it('has the columns that it has, whatever they are called', () => {
    expect(gridColumns(table({})).map(({ name }) => name)).toEqual(['n', 'created_at']);
    expect(isInsertable(text)).toBe(true);
    expect(isInsertable(number)).toBe(true);
  });
  it('is addressed by its key', () => {
    const key = keyOf(table({ rowKey: ['n'], primaryKey: ['n'] }), [number, text]);
    expect(key).toBe('n');
    expect(rowKey({ n: 7 }, key)).toBe('7');
  });
  it('is addressed by the parts of its key, or by all of its values', () => {
    const key = keyOf(table({ rowKey: ['n', 'created_at'], primaryKey: [] }), [number, text]);
    expect(keyNames(key)).toEqual(['n', 'created_at']);
    expect(rowKey({ n: 1, created_at: 'a,b%' }, key)).toBe('1,a%2Cb%25');
    expect(rowKey({ n: null, created_at: '' }, key)).toBe('%,');
    const one = keyOf(table({ rowKey: ['created_at'], primaryKey: [] }), [number, text]);
    expect(rowKey({ created_at: 'a,b' }, one)).toBe('a%2Cb');
  });
});
