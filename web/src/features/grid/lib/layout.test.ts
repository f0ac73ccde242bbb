import { describe, expect, it } from 'vitest';
import type { Column } from '@/shared/api/types';
import {
  arrange,
  plainLayout,
  readLayout,
  shownColumns,
  widthOf,
  withHidden,
  withMoved,
  withShifted,
  withWidth,
} from './layout';

const columns: Column[] = ['a', 'b', 'c', 'd'].map((name) => ({
  name,
  type: 'text',
  nullable: true,
}));
const names = (list: Column[]) => list.map((column) => column.name).join('');

describe('the layout of columns', () => {
  it('is that of the table at first', () =>
    expect(names(arrange(plainLayout, columns))).toBe('abcd'));
  it('moves columns by hand and by key', () => {
    expect(names(arrange(withMoved(plainLayout, columns, 'd', 'b'), columns))).toBe('adbc');
    expect(names(arrange(withMoved(plainLayout, columns, 'a', null), columns))).toBe('bcda');
    expect(names(arrange(withShifted(plainLayout, columns, 'b', 1), columns))).toBe('acbd');
    expect(names(arrange(withShifted(plainLayout, columns, 'b', -1), columns))).toBe('bacd');
    expect(withShifted(plainLayout, columns, 'a', -1)).toBe(plainLayout);
  });
  it('passes hidden columns when it moves by key', () => {
    const hidden = withHidden(plainLayout, 'b', true);
    expect(names(shownColumns(withShifted(hidden, columns, 'a', 1), columns))).toBe('cad');
  });
  it('keeps new columns in their place and forgets lost ones', () => {
    const layout = { ...plainLayout, order: ['d', 'gone', 'a'] };
    expect(names(arrange(layout, columns))).toBe('dabc');
  });
  it('never hides everything', () => {
    const none = { ...plainLayout, hidden: ['a', 'b', 'c', 'd'] };
    expect(names(shownColumns(none, columns))).toBe('a');
  });
  it('keeps widths usable', () => {
    const column = columns[0] as Column;
    expect(widthOf(withWidth(plainLayout, 'a', 5), column)).toBe(64);
    expect(widthOf(withWidth(plainLayout, 'a', 333.4), column)).toBe(333);
  });
  it('leaves room for a long heading', () => {
    const long = { name: 'n', displayName: 'Number of runways', type: 'number', nullable: true };
    expect(widthOf(plainLayout, long as Column)).toBeGreaterThan(180);
    expect(widthOf(plainLayout, { ...long, displayName: 'N'.repeat(90) } as Column)).toBe(280);
  });
  it('reads what was stored, whatever it is', () => {
    const layout = withHidden(withWidth(plainLayout, 'a', 100), 'b', true);
    expect(readLayout(JSON.stringify(layout))).toEqual(layout);
    for (const wrong of [null, '', '{', '7', '{"order":3,"widths":{"a":"x"}}'])
      expect(readLayout(wrong)).toEqual(plainLayout);
  });
});
