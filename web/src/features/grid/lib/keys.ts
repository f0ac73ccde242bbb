/** What keys mean in the grid, and where movements end. */
export interface Press {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
  isComposing?: boolean;
}

export interface Cell {
  /** -1 is the header */
  row: number;
  column: number;
}

export interface CellRange {
  anchor: Cell;
  focus: Cell;
}

export type Step = 'up' | 'down' | 'left' | 'right';

export type Action =
  | { type: 'step'; step: Step; extend: boolean }
  | { type: 'edge'; step: Step; extend: boolean }
  | { type: 'page'; by: 1 | -1; extend: boolean }
  | { type: 'line'; to: 'first' | 'last'; extend: boolean }
  | { type: 'corner'; to: 'first' | 'last'; extend: boolean }
  | { type: 'tab'; back: boolean }
  | { type: 'edit' }
  | { type: 'replace' }
  | { type: 'clear' }
  | { type: 'undo' }
  | { type: 'redo' }
  | { type: 'selectAll' }
  | { type: 'selectRow' }
  | { type: 'open' }
  | { type: 'deleteRows' }
  | { type: 'newRow' }
  | { type: 'fillDown' }
  | { type: 'menu' }
  | { type: 'escape' };

const arrows: Record<string, Step> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right',
};

/** A key that begins a text: a character, a dead key, a key that an input method handles. */
function isTyping({ key }: Press): boolean {
  return key.length === 1 || key === 'Dead' || key === 'Process';
}

function withModifier(press: Press): Action | null {
  const { key, shiftKey: extend } = press;
  const step = arrows[key];
  if (step) return { type: 'edge', step, extend };
  if (key === 'Home') return { type: 'corner', to: 'first', extend };
  if (key === 'End') return { type: 'corner', to: 'last', extend };
  if (key === 'Backspace') return { type: 'deleteRows' };
  const letter = key.toLowerCase();
  if (letter === 'z') return { type: extend ? 'redo' : 'undo' };
  if (letter === 'y') return { type: 'redo' };
  if (letter === 'a') return { type: 'selectAll' };
  if (letter === 'd') return { type: 'fillDown' };
  return null;
}

const plain: Record<string, Action> = {
  F2: { type: 'edit' },
  Delete: { type: 'clear' },
  Backspace: { type: 'clear' },
  Escape: { type: 'escape' },
  ContextMenu: { type: 'menu' },
};

/** The action of a key while no cell is edited; null leaves the key to the browser. */
export function keyAction(press: Press): Action | null {
  const { key, shiftKey: extend } = press;
  if (press.isComposing) return null;
  if (press.altKey) return key === 'ArrowDown' ? { type: 'menu' } : null;
  if (press.ctrlKey || press.metaKey) return withModifier(press);
  const step = arrows[key];
  if (step) return { type: 'step', step, extend };
  if (key === 'Tab') return { type: 'tab', back: extend };
  if (key === 'Enter') return extend ? { type: 'newRow' } : { type: 'edit' };
  if (key === 'Home' || key === 'End')
    return { type: 'line', to: key === 'Home' ? 'first' : 'last', extend };
  if (key === 'PageUp' || key === 'PageDown')
    return { type: 'page', by: key === 'PageDown' ? 1 : -1, extend };
  if (key === 'F10' && extend) return { type: 'menu' };
  if (key === ' ') return extend ? { type: 'selectRow' } : { type: 'open' };
  return plain[key] ?? (isTyping(press) ? { type: 'replace' } : null);
}

export interface Bounds {
  rows: number;
  columns: number;
  /** rows that fit in the window */
  page: number;
  /** has the cell a value? undefined: its row is not loaded */
  filled: (cell: Cell) => boolean | undefined;
}

const clamp = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);

const moves: Record<Step, [number, number]> = {
  up: [-1, 0],
  down: [1, 0],
  left: [0, -1],
  right: [0, 1],
};

export function clampCell(cell: Cell, bounds: Pick<Bounds, 'rows' | 'columns'>): Cell {
  return {
    row: clamp(cell.row, -1, Math.max(-1, bounds.rows - 1)),
    column: clamp(cell.column, 0, Math.max(0, bounds.columns - 1)),
  };
}

/** The end of the block of values, as spreadsheets go; the end of the table where rows are unknown. */
function toEdge(from: Cell, step: Step, bounds: Bounds): Cell {
  const [rowStep, columnStep] = moves[step];
  const lastRow = bounds.rows - 1;
  const lastColumn = bounds.columns - 1;
  const end: Cell = {
    row: rowStep === 0 ? from.row : rowStep > 0 ? lastRow : Math.min(from.row, 0),
    column: columnStep === 0 ? from.column : columnStep > 0 ? lastColumn : 0,
  };
  const next = (cell: Cell): Cell => ({
    row: cell.row + rowStep,
    column: cell.column + columnStep,
  });
  const inside = (cell: Cell) =>
    cell.row >= 0 && cell.row <= lastRow && cell.column >= 0 && cell.column <= lastColumn;
  if (from.row < 0) return end;
  let at = next(from);
  if (!inside(at)) return end;
  const wanted = bounds.filled(from) === true && bounds.filled(at) === true;
  while (inside(at)) {
    const filled = bounds.filled(at);
    if (filled === undefined) return end;
    if (!wanted && filled) return at;
    const after = next(at);
    if (wanted && inside(after) && bounds.filled(after) === false) return at;
    at = after;
  }
  return end;
}

function target(action: Action, from: Cell, bounds: Bounds): Cell | null {
  const lastRow = bounds.rows - 1;
  const lastColumn = bounds.columns - 1;
  switch (action.type) {
    case 'step': {
      const [rows, columns] = moves[action.step];
      return { row: from.row + rows, column: from.column + columns };
    }
    case 'edge':
      return toEdge(from, action.step, bounds);
    case 'page':
      return { row: Math.max(0, from.row + action.by * bounds.page), column: from.column };
    case 'line':
      return { row: from.row, column: action.to === 'first' ? 0 : lastColumn };
    case 'corner':
      return action.to === 'first' ? { row: 0, column: 0 } : { row: lastRow, column: lastColumn };
    default:
      return null;
  }
}

/** Moves the active cell, or the far corner of the range; null when the action moves nothing. */
export function moveRange(range: CellRange, action: Action, bounds: Bounds): CellRange | null {
  if (action.type === 'tab') return tabTo(range.focus, action.back, bounds);
  const to = target(action, range.focus, bounds);
  if (!to) return null;
  const extend = 'extend' in action && action.extend && range.focus.row >= 0;
  const focus = clampCell(to, bounds);
  if (extend) return { anchor: range.anchor, focus: { ...focus, row: Math.max(0, focus.row) } };
  return { anchor: focus, focus };
}

/** The next cell in reading order; null at the ends: there Tab leaves the grid. */
function tabTo(from: Cell, back: boolean, bounds: Bounds): CellRange | null {
  let { row, column } = from;
  column += back ? -1 : 1;
  if (column < 0 || column >= bounds.columns) {
    row += back ? -1 : 1;
    column = back ? bounds.columns - 1 : 0;
  }
  if (row < -1 || row >= bounds.rows) return null;
  const cell = { row, column };
  return { anchor: cell, focus: cell };
}

export function rectangle({ anchor, focus }: CellRange) {
  return {
    top: Math.min(anchor.row, focus.row),
    bottom: Math.max(anchor.row, focus.row),
    left: Math.min(anchor.column, focus.column),
    right: Math.max(anchor.column, focus.column),
  };
}

export type EditorAction = { type: 'commit'; step: Step | null } | { type: 'cancel' } | null;

/**
 * What keys mean while a cell is edited. `caret`: opened by F2 or a click, arrows stay in the
 * text; opened by typing, they commit and go on.
 */
export function editorAction(press: Press, caret: boolean): EditorAction {
  const { key, shiftKey } = press;
  if (press.isComposing) return null;
  if (key === 'Escape') return { type: 'cancel' };
  if (key === 'Tab') return { type: 'commit', step: shiftKey ? 'left' : 'right' };
  if (key === 'Enter' && !press.altKey) return { type: 'commit', step: shiftKey ? 'up' : 'down' };
  const step = arrows[key];
  if (step && !caret && !shiftKey && !press.ctrlKey && !press.altKey && !press.metaKey)
    return { type: 'commit', step };
  return null;
}
