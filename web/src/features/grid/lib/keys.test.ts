import { describe, expect, it } from 'vitest';
import { type Bounds, type CellRange, editorAction, keyAction, moveRange, rectangle } from './keys';

const press = (text: string) => {
  const parts = text.split('+');
  return {
    key: parts.at(-1) === 'Space' ? ' ' : (parts.at(-1) ?? ''),
    ctrlKey: parts.includes('Ctrl'),
    metaKey: false,
    shiftKey: parts.includes('Shift'),
    altKey: parts.includes('Alt'),
  };
};
const at = (row: number, column: number): CellRange => ({
  anchor: { row, column },
  focus: { row, column },
});
const bounds: Bounds = { rows: 1_000_000, columns: 5, page: 20, filled: () => undefined };
const go = (keys: string, from: CellRange, within: Bounds = bounds) => {
  const action = keyAction(press(keys));
  const moved = action && moveRange(from, action, within);
  return moved ? [moved.focus.row, moved.focus.column] : null;
};

describe('moving', () => {
  it.each([
    ['ArrowDown', [4, 2]],
    ['ArrowLeft', [3, 1]],
    ['Home', [3, 0]],
    ['End', [3, 4]],
    ['PageDown', [23, 2]],
    ['PageUp', [0, 2]],
    ['Ctrl+Home', [0, 0]],
    ['Ctrl+End', [999_999, 4]],
    ['Ctrl+ArrowDown', [999_999, 2]],
    ['Ctrl+ArrowUp', [0, 2]],
    ['Ctrl+ArrowRight', [3, 4]],
    ['Tab', [3, 3]],
    ['Shift+Tab', [3, 1]],
  ])('%s', (keys, expected) => expect(go(keys, at(3, 2))).toEqual(expected));
  it('stops at the edges and reaches the header', () => {
    expect(go('ArrowLeft', at(0, 0))).toEqual([0, 0]);
    expect(go('ArrowDown', at(999_999, 0))).toEqual([999_999, 0]);
    expect(go('ArrowUp', at(0, 1))).toEqual([-1, 1]);
    expect(go('ArrowUp', at(-1, 1))).toEqual([-1, 1]);
    expect(go('ArrowDown', at(-1, 1))).toEqual([0, 1]);
  });
  it('Tab goes to the next line, and leaves the grid at its ends', () => {
    expect(go('Tab', at(3, 4))).toEqual([4, 0]);
    expect(go('Shift+Tab', at(3, 0))).toEqual([2, 4]);
    expect(go('Tab', at(999_999, 4))).toBeNull();
    expect(go('Shift+Tab', at(-1, 0))).toBeNull();
  });
  it('Shift keeps the anchor', () => {
    const action = keyAction(press('Shift+ArrowDown'));
    const moved = action && moveRange(at(3, 2), action, bounds);
    expect(moved).toEqual({ anchor: { row: 3, column: 2 }, focus: { row: 4, column: 2 } });
    expect(moved && rectangle(moved)).toEqual({ top: 3, bottom: 4, left: 2, right: 2 });
  });
  it('an empty table has only its header', () => {
    const empty = { ...bounds, rows: 0 };
    expect(go('ArrowDown', at(-1, 0), empty)).toEqual([-1, 0]);
    expect(go('Ctrl+End', at(-1, 0), empty)).toEqual([-1, 4]);
  });
});

describe('Ctrl and an arrow', () => {
  const column = [true, true, true, false, false, true, true];
  const within: Bounds = { ...bounds, rows: 7, columns: 1, filled: ({ row }) => column[row] };
  it.each([
    [0, 2],
    [2, 5],
    [3, 5],
    [5, 6],
  ])('from row %i goes down to %i', (from, to) =>
    expect(go('Ctrl+ArrowDown', at(from, 0), within)).toEqual([to, 0]),
  );
  it('goes up the same way', () => {
    expect(go('Ctrl+ArrowUp', at(6, 0), within)).toEqual([5, 0]);
    expect(go('Ctrl+ArrowUp', at(5, 0), within)).toEqual([2, 0]);
  });
});

describe('acting', () => {
  it.each([
    ['Enter', 'edit'],
    ['F2', 'edit'],
    ['Delete', 'clear'],
    ['Ctrl+z', 'undo'],
    ['Ctrl+Shift+Z', 'redo'],
    ['Ctrl+y', 'redo'],
    ['Ctrl+a', 'selectAll'],
    ['Shift+Space', 'selectRow'],
    ['Space', 'open'],
    ['Shift+Enter', 'newRow'],
    ['Ctrl+Backspace', 'deleteRows'],
    ['Shift+F10', 'menu'],
    ['x', 'replace'],
    ['é', 'replace'],
    ['Dead', 'replace'],
  ])('%s', (keys, type) => expect(keyAction(press(keys))?.type).toBe(type));
  it('leaves copy, paste and unknown keys to the browser', () => {
    for (const keys of ['Ctrl+c', 'Ctrl+v', 'Ctrl+x', 'F5', 'Shift', 'Alt+ArrowLeft'])
      expect(keyAction(press(keys))).toBeNull();
  });
  it('leaves keys of an input method alone', () => {
    expect(keyAction({ ...press('a'), isComposing: true })).toBeNull();
    expect(editorAction({ ...press('Enter'), isComposing: true }, true)).toBeNull();
  });
});

describe('in the editor', () => {
  it('commits, cancels, or stays in the text', () => {
    expect(editorAction(press('Enter'), true)).toEqual({ type: 'commit', step: 'down' });
    expect(editorAction(press('Shift+Enter'), true)).toEqual({ type: 'commit', step: 'up' });
    expect(editorAction(press('Tab'), true)).toEqual({ type: 'commit', step: 'right' });
    expect(editorAction(press('Escape'), true)).toEqual({ type: 'cancel' });
    expect(editorAction(press('Alt+Enter'), true)).toBeNull();
    expect(editorAction(press('ArrowLeft'), true)).toBeNull();
    expect(editorAction(press('ArrowLeft'), false)).toEqual({ type: 'commit', step: 'left' });
  });
});
