import { describe, expect, it } from 'vitest';
import type { Column } from '@/shared/api/types';
import {
  type Condition,
  conditionTerm,
  filterJson,
  newCondition,
  operatorsOf,
  readFilter,
} from './filters';

const columns: Column[] = [
  { name: 'name', type: 'text', nullable: true },
  { name: 'age', type: 'number', kind: 'integer', nullable: true },
  { name: 'active', type: 'boolean', nullable: false },
  { name: 'id', type: 'uuid', nullable: false, primaryKey: true },
];
const condition = (field: string, operator: Condition['operator'], value = '', value2 = '') => ({
  field,
  operator,
  value,
  value2,
});
const json = (match: 'and' | 'or', ...conditions: Condition[]) =>
  JSON.parse(filterJson({ match, conditions }, columns, 'en') ?? 'null');

describe('filters', () => {
  it('become the tree of the server, typed by the column', () => {
    expect(json('or', condition('name', 'contains', '%'), condition('age', 'gte', '18'))).toEqual({
      or: [
        { field: 'name', operator: 'contains', value: '%' },
        { field: 'age', operator: 'gte', value: 18 },
      ],
    });
  });
  it('take lists and ranges', () => {
    expect(json('and', condition('name', 'in', 'a, b')).and[0].value).toEqual(['a', 'b']);
    expect(json('and', condition('age', 'between', '1', '5')).and[0].value).toEqual([1, 5]);
    expect(json('and', condition('age', 'in', '1, 2;3')).and[0].value).toEqual([1, 2, 3]);
  });
  it('ask for nothing, for something, for true', () => {
    expect(json('and', condition('name', 'isNull')).and[0]).toEqual({
      field: 'name',
      operator: 'is',
      value: null,
    });
    expect(json('and', condition('name', 'isNotNull')).and[0].value).toBe('not_null');
    expect(json('and', condition('active', 'isTrue')).and[0].value).toBe(true);
  });
  it('leave out what is not filled in, or names no column', () => {
    expect(json('and', condition('name', 'eq'), condition('gone', 'eq', 'x'))).toBeNull();
    expect(json('and', condition('age', 'between', '1'))).toBeNull();
  });
  it('say what does not fit, and send nothing of it', () => {
    expect(conditionTerm(condition('age', 'eq', 'old'), columns[1], 'en')).toEqual({
      ok: false,
      problem: 'number',
    });
    expect(json('and', condition('age', 'eq', 'old'))).toBeNull();
  });
  it('may look at what nobody may edit', () => {
    const id = '018f0000-0000-7000-8000-000000000001';
    expect(json('and', condition('id', 'eq', id)).and[0].value).toBe(id);
  });
  it('offer operators by type', () => {
    expect(operatorsOf(columns[2])).not.toContain('contains');
    expect(operatorsOf(undefined)).toEqual(['isNull', 'isNotNull']);
    expect(newCondition(columns[0] as Column).operator).toBe('contains');
  });
  it('are read from an address, whatever is in it', () => {
    const model = { match: 'or' as const, conditions: [condition('age', 'gt', '3')] };
    expect(readFilter(JSON.stringify(model))).toEqual(model);
    expect(readFilter(model)).toEqual(model);
    for (const wrong of ['{', 7, null, { conditions: [null, 3, { field: 'a', operator: '~' }] }])
      expect(readFilter(wrong).conditions).toEqual([]);
  });
});
