import { expect, it } from 'vitest';
import { readView, writeView } from './use-grid-state';

it('the address says what is shown, and is read back', () => {
  const view = {
    search: 'ann',
    sort: { column: 'age', order: 'desc' as const },
    filter: {
      match: 'or' as const,
      conditions: [{ field: 'age', operator: 'gt' as const, value: '3', value2: '' }],
    },
    page: 2,
  };
  expect(readView(writeView(view))).toEqual(view);
  expect(writeView(readView({}))).toEqual({});
});
it('nonsense in the address is nothing', () => {
  expect(readView({ q: { a: 1 }, page: '-3', sort: null, filter: 'x' })).toEqual(readView({}));
  // a search that looks like a number comes as one
  expect(readView({ q: 2026 }).search).toBe('2026');
});
