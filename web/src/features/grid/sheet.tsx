// biome-ignore-all lint/a11y/useFocusableInteractive: the cells have the focus, not the rows
// biome-ignore-all lint/a11y/useSemanticElements: see the rows
import {
  type KeyboardEvent,
  type PointerEvent,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { flushSync } from 'react-dom';
import type { Column, Row } from '@/shared/api/types';
import { useLanguage, useMessages } from '@/shared/i18n/core';
import { CellEditor } from './cell-editor';
import type { EditStore } from './edits';
import { gridMessages } from './i18n';
import {
  type Action,
  type Bounds,
  type Cell,
  type CellRange,
  clampCell,
  keyAction,
  moveRange,
  rectangle,
  type Step,
} from './lib/keys';
import { isChosen, type RowSelection } from './lib/selection';
import type { RowSource } from './lib/source';
import { isEditable, rowKey, sameValue, toggled, type ValueProblem } from './lib/values';
import { placeColumns, visibleColumns, visibleRows } from './lib/window';
import { columnName, type HeaderActions, nextSort, SheetHeader, type Sort } from './sheet-header';
import { rowHeight, SheetRow } from './sheet-row';
import { currentValue, useCellActions } from './use-cell-actions';
import { labelKey, useRelationLabels } from './use-relation-labels';
import { useSheetScroll } from './use-scroll';

const overscan = 6;

export interface SheetProps extends HeaderActions {
  label: string;
  columns: readonly Column[];
  widths: readonly number[];
  keyName: string;
  source: RowSource;
  edits: EditStore;
  /** the rows of the result that are shown: all, or one page */
  offset: number;
  count: number;
  canUpdate: boolean;
  sort: Sort | null;
  selection: RowSelection;
  onChooseAll: (on: boolean) => void;
  /** rows from..to of the sheet go in or out of the selection */
  onChoose: (from: number, to: number, on: boolean) => void;
  onOpenRow: (index: number) => void;
  onNewRow: () => void;
  /** rows from..to, or what is selected */
  onDeleteRows: (from: number, to: number) => void;
  onUndo: () => void;
  onRedo: () => void;
  /** Escape with nothing left to close */
  onLeave: () => void;
  announce: (text: string) => void;
}

interface Editing {
  cell: Cell;
  /** the value one saw when it began */
  before: unknown;
  key: string;
  caret: boolean;
  draft?: string;
}

const start: CellRange = { anchor: { row: 0, column: 0 }, focus: { row: 0, column: 0 } };

function cellAt(target: EventTarget | null): Cell | null {
  const element = target instanceof Element ? target.closest<HTMLElement>('[data-cell]') : null;
  const [row, column] = (element?.dataset['cell'] ?? '').split(':').map(Number);
  return row === undefined || column === undefined || Number.isNaN(row) ? null : { row, column };
}

const isField = (target: EventTarget | null) =>
  target instanceof Element &&
  target.closest(
    'input:not([type="checkbox"]), textarea, button, [role="listbox"], [role="alert"]',
  ) !== null;

export function Sheet(props: SheetProps) {
  const { columns, widths, keyName, source, edits, offset, count, selection } = props;
  const m = useMessages(gridMessages);
  const language = useLanguage();
  useSyncExternalStore(source.subscribe, source.snapshot);
  useSyncExternalStore(edits.subscribe, edits.snapshot);
  const scroller = useRef<HTMLDivElement>(null);
  const focusWanted = useRef(false);
  const tabStart = useRef<number | null>(null);
  const lastChosen = useRef<number | null>(null);
  const dragging = useRef(false);
  const [given, setRange] = useState<CellRange>(start);
  const [editing, setEditing] = useState<Editing | null>(null);

  const gutter = 56 + Math.max(2, String(offset + count).length) * 8;
  const places = useMemo(() => placeColumns(widths, gutter), [widths, gutter]);
  const lastPlace = places.at(-1);
  const width = lastPlace ? lastPlace.left + lastPlace.width : gutter;
  const scroll = useSheetScroll(scroller, count, gutter);
  const { position, space, size } = scroll;

  const bounds: Bounds = {
    rows: count,
    columns: columns.length,
    page: Math.max(1, Math.floor(space.viewport / rowHeight) - 1),
    filled: ({ row, column }) => {
      const found = source.get(offset + row);
      const name = columns[column]?.name;
      if (!found || name === undefined) return undefined;
      return found[name] !== null && found[name] !== undefined && found[name] !== '';
    },
  };
  const range: CellRange = {
    anchor: clampCell(given.anchor, bounds),
    focus: clampCell(given.focus, bounds),
  };
  const { focus } = range;
  const box = rectangle(range);
  const seen = visibleRows(space, position.top, rowHeight, overscan);
  const shown = visibleColumns(places, scroll.left + gutter, size.width - gutter, 120);
  const first = Math.floor(position.top / rowHeight);

  useEffect(() => {
    if (size.height > 0) source.want(offset + seen.first, offset + Math.max(seen.end, 1));
  }, [source, offset, seen.first, seen.end, size.height]);

  const { toTop } = scroll;
  const before = useRef(source);
  useLayoutEffect(() => {
    // Another result begins at its beginning.
    if (before.current !== source) toTop();
    before.current = source;
  }, [source, toTop]);

  useLayoutEffect(() => {
    if (!focusWanted.current || editing) return;
    const cell = scroller.current?.querySelector<HTMLElement>(
      `[data-cell="${focus.row}:${focus.column}"]`,
    );
    if (cell && document.activeElement !== cell) cell.focus({ preventScroll: true });
  });

  const actions = useCellActions({
    columns,
    keyName,
    source,
    edits,
    offset,
    count,
    canUpdate: props.canUpdate,
    language,
    m,
    announce: props.announce,
  });

  const goTo = (next: CellRange) => {
    focusWanted.current = true;
    setRange(next);
    scroll.reveal(next.focus.row, places[next.focus.column]);
    const { top, bottom, left, right } = rectangle(next);
    if (top !== bottom || left !== right)
      props.announce(m.rangeSize(bottom - top + 1, right - left + 1));
  };
  const step = (by: Step | null) => {
    focusWanted.current = true;
    setEditing(null);
    if (!by) return;
    if (by === 'left' || by === 'right') tabStart.current ??= focus.column;
    const column = by === 'down' ? (tabStart.current ?? focus.column) : focus.column;
    if (by === 'down') tabStart.current = null;
    const from = { ...focus, column };
    const moved = moveRange(
      { anchor: from, focus: from },
      by === 'left' || by === 'right'
        ? { type: 'tab', back: by === 'left' }
        : { type: 'step', step: by, extend: false },
      bounds,
    );
    if (moved) goTo(moved);
  };

  const rowAt = (index: number): Row | undefined => source.get(offset + index);
  const change = (cell: Cell, after: unknown) => {
    const row = rowAt(cell.row);
    const column = columns[cell.column];
    if (!row || !column) return;
    const key = rowKey(row, keyName);
    const state = edits.cellsOf(key)?.[column.name];
    const before =
      editing?.key === key ? editing.before : currentValue(edits, row, key, column.name);
    if (state?.status === 'failed' && sameValue(before, after)) edits.discard(key, column.name);
    else edits.edit([{ key, column: column.name, before, after }]);
  };

  const startEditing = (cell: Cell, caret: boolean): boolean => {
    const column = columns[cell.column];
    const row = rowAt(cell.row);
    if (!column || !row) {
      props.announce(m.notLoaded);
      return false;
    }
    if (!props.canUpdate || !isEditable(column)) {
      props.announce(props.canUpdate ? m.readOnly : m.noRight);
      return false;
    }
    const key = rowKey(row, keyName);
    if (column.type === 'boolean' && caret) {
      change(cell, toggled(column, currentValue(edits, row, key, column.name)));
      return false;
    }
    const state = edits.cellsOf(key)?.[column.name];
    const draft =
      caret && state?.message !== undefined && typeof state.value === 'string'
        ? state.value
        : undefined;
    const before = currentValue(edits, row, key, column.name);
    void edits.prepare(key);
    setEditing({ cell, before, key, caret, ...(draft === undefined ? {} : { draft }) });
    return true;
  };

  const openMenu = () => {
    if (focus.row >= 0) {
      props.onOpenRow(focus.row);
      return;
    }
    scroller.current
      ?.querySelector<HTMLElement>(`[data-cell="-1:${focus.column}"] [data-menu]`)
      ?.click();
  };

  const act = (action: Action, event: KeyboardEvent) => {
    const onHeader = focus.row < 0;
    switch (action.type) {
      case 'edit': {
        const name = columns[focus.column]?.name;
        if (onHeader && name) props.onSort(nextSort(props.sort, name));
        else startEditing(focus, true);
        break;
      }
      case 'replace':
        if (onHeader) return;
        // The field must have the focus before the browser writes the letter into it.
        flushSync(() => startEditing(focus, false));
        return;
      case 'clear':
        void actions.clear(range);
        break;
      case 'fillDown':
        void actions.fillDown(range);
        break;
      case 'undo':
        props.onUndo();
        break;
      case 'redo':
        props.onRedo();
        break;
      case 'selectAll':
        props.onChooseAll(true);
        break;
      case 'selectRow':
        if (!onHeader) {
          const row = rowAt(focus.row);
          const on = box.top !== box.bottom || !row || !isChosen(selection, rowKey(row, keyName));
          props.onChoose(box.top, box.bottom, on);
        }
        break;
      case 'open':
        if (onHeader) openMenu();
        else props.onOpenRow(focus.row);
        break;
      case 'deleteRows':
        if (!onHeader) props.onDeleteRows(box.top, box.bottom);
        break;
      case 'newRow':
        props.onNewRow();
        break;
      case 'menu':
        openMenu();
        break;
      case 'escape': {
        const row = onHeader ? undefined : rowAt(focus.row);
        const name = columns[focus.column]?.name ?? '';
        const key = row ? rowKey(row, keyName) : '';
        if (edits.cellsOf(key)?.[name]?.status === 'failed') edits.discard(key, name);
        else if (box.top !== box.bottom || box.left !== box.right)
          setRange({ anchor: focus, focus });
        else props.onLeave();
        break;
      }
      default: {
        const moved = moveRange(range, action, bounds);
        // At the ends of the grid Tab goes on to what follows.
        if (!moved) {
          if (action.type === 'tab') focusWanted.current = false;
          return;
        }
        if (action.type === 'tab') tabStart.current ??= focus.column;
        else tabStart.current = null;
        goTo(moved);
      }
    }
    event.preventDefault();
    event.stopPropagation();
  };

  /** Events of a menu come up here too, though it lies elsewhere in the page. */
  const isInside = (event: { target: EventTarget }) =>
    event.target instanceof Node && scroller.current?.contains(event.target) === true;

  const onKeyDown = (event: KeyboardEvent) => {
    if (!isInside(event)) return;
    if (editing || isField(event.target)) {
      if (event.key === 'Escape' && isField(event.target)) {
        focusWanted.current = true;
        setRange({ ...range });
      }
      return;
    }
    const action = keyAction(event.nativeEvent);
    if (action) act(action, event);
  };

  const onPointerDown = (event: PointerEvent) => {
    if (event.button !== 0 || isField(event.target)) return;
    const cell = cellAt(event.target);
    if (!cell || cell.row < 0) return;
    focusWanted.current = true;
    tabStart.current = null;
    setRange(
      event.shiftKey ? { anchor: range.anchor, focus: cell } : { anchor: cell, focus: cell },
    );
    dragging.current = true;
  };
  const onPointerMove = (event: PointerEvent) => {
    if (!dragging.current || event.buttons === 0) return;
    const cell = cellAt(document.elementFromPoint(event.clientX, event.clientY));
    if (cell && cell.row >= 0 && (cell.row !== focus.row || cell.column !== focus.column))
      setRange({ anchor: range.anchor, focus: cell });
  };

  const onClick = (event: React.MouseEvent) => {
    const box = event.target instanceof HTMLInputElement ? event.target : null;
    const index = Number(box?.dataset['choose'] ?? Number.NaN);
    if (!box || Number.isNaN(index)) return;
    const row = rowAt(index);
    const on = !row || !isChosen(selection, rowKey(row, keyName));
    const from = event.shiftKey ? (lastChosen.current ?? index) : index;
    props.onChoose(Math.min(from, index), Math.max(from, index), on);
    lastChosen.current = index;
    focusWanted.current = true;
    const cell = { row: index, column: focus.column };
    setRange({ anchor: cell, focus: cell });
  };

  const onCommit = useRef<(value: unknown, by: Step | null) => void>(() => undefined);
  onCommit.current = (value, by) => {
    if (!editing) return;
    change(editing.cell, value);
    if (by) step(by);
    else setEditing(null);
  };
  const onReject = (text: string, problem: ValueProblem) => {
    if (!editing) return;
    const column = columns[editing.cell.column];
    const row = rowAt(editing.cell.row);
    if (column && row)
      edits.reject(
        {
          key: editing.key,
          column: column.name,
          before: editing.before,
          after: text,
        },
        m.problems[problem],
      );
    setEditing(null);
  };

  const retry = useCallback((key: string, column: string) => edits.retry(key, column), [edits]);
  const discard = useCallback(
    (key: string, column: string) => {
      focusWanted.current = true;
      edits.discard(key, column);
    },
    [edits],
  );
  const indexes: number[] = [];
  for (let row = seen.first; row < seen.end; row += 1) indexes.push(row);
  if (focus.row >= 0 && focus.row < count && (focus.row < seen.first || focus.row >= seen.end))
    indexes.push(focus.row);

  const labels = useRelationLabels(columns, indexes.map(rowAt));
  const shift = position.top - position.physical;
  const isAbove = (row: number) => (row - first) * rowHeight > space.viewport - 180;
  const activePlace = places[focus.column];
  const isAtEnd = activePlace !== undefined && activePlace.left + 320 > scroll.left + size.width;
  const editedColumn = editing ? columns[editing.cell.column] : undefined;
  const editedRow = editing ? rowAt(editing.cell.row) : undefined;
  const rangeStart = places[box.left];
  const rangeEnd = places[box.right];
  const rangeTop = Math.max(box.top, seen.first - 1);
  const rangeBottom = Math.min(box.bottom, seen.end);
  const isMany = box.top !== box.bottom || box.left !== box.right;
  const chosenAll = selection.all && selection.except.size === 0;

  return (
    <div
      ref={scroller}
      role="grid"
      aria-label={props.label}
      aria-description={m.help}
      aria-rowcount={offset + count + 1}
      aria-colcount={columns.length + 1}
      aria-multiselectable
      aria-readonly={!props.canUpdate}
      tabIndex={-1}
      onScroll={scroll.onScroll}
      onKeyDown={onKeyDown}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={() => {
        dragging.current = false;
      }}
      onClick={onClick}
      onDoubleClick={(event) => {
        const cell = cellAt(event.target);
        if (cell && cell.row >= 0 && !isField(event.target)) startEditing(cell, true);
      }}
      onFocus={(event) => {
        if (!isInside(event)) return;
        const cell = cellAt(event.target);
        focusWanted.current = true;
        if (
          cell &&
          !isField(event.target) &&
          (cell.row !== focus.row || cell.column !== focus.column)
        )
          setRange({ anchor: cell, focus: cell });
      }}
      onBlur={(event) => {
        if (event.relatedTarget && !event.currentTarget.contains(event.relatedTarget))
          focusWanted.current = false;
      }}
      onCopy={(event) => {
        if (!isField(event.target)) actions.copy(range, event);
      }}
      onCut={(event) => {
        if (isField(event.target)) return;
        actions.copy(range, event);
        void actions.clear(range);
      }}
      onPaste={(event) => {
        if (isField(event.target)) return;
        void actions.paste(range, event).then((next) => {
          if (next) setRange(next);
        });
      }}
      className="scroll-thin relative min-h-0 flex-1 select-none overflow-auto overscroll-contain bg-canvas outline-none"
    >
      <SheetHeader
        {...props}
        places={places}
        first={shown.first}
        end={shown.end}
        width={Math.max(width, size.width)}
        gutter={gutter}
        active={focus.row < 0 ? focus.column : -1}
        allChosen={chosenAll}
        someChosen={selection.all || selection.rows.size > 0}
      />
      <div
        role="rowgroup"
        className="relative"
        style={{ height: space.physical, width: Math.max(width, 1) }}
      >
        {indexes.map((index) => {
          const row = rowAt(index);
          const key = row ? rowKey(row, keyName) : '';
          const isActive = index === focus.row;
          const inRange = isMany && index >= box.top && index <= box.bottom;
          return (
            <SheetRow
              key={index}
              index={index}
              number={offset + index + 1}
              y={index * rowHeight - shift}
              row={row}
              rowId={key}
              columns={columns}
              places={places}
              first={shown.first}
              end={shown.end}
              width={width}
              gutter={gutter}
              language={language}
              chosen={row ? isChosen(selection, key) : false}
              active={isActive ? focus.column : -1}
              rangeFrom={inRange ? box.left : isActive ? focus.column : -1}
              rangeTo={inRange ? box.right : isActive ? focus.column : -2}
              labels={labels}
              cells={row ? edits.cellsOf(key) : undefined}
              above={isActive && isAbove(index)}
              atEnd={isActive && isAtEnd}
              editor={
                isActive && editing && editedColumn && editedRow && editing.key === key ? (
                  <CellEditor
                    key={`${key} ${editedColumn.name}`}
                    column={editedColumn}
                    name={columnName(editedColumn)}
                    value={editing.before}
                    label={labels.get(labelKey(editedColumn.relatedTable ?? '', editing.before))}
                    draft={editing.draft}
                    caret={editing.caret}
                    above={isAbove(index)}
                    atEnd={isAtEnd}
                    onCommit={(value, by) => onCommit.current(value, by)}
                    onReject={onReject}
                    onCancel={() => {
                      focusWanted.current = true;
                      setEditing(null);
                    }}
                  />
                ) : null
              }
              onRetry={retry}
              onDiscard={discard}
            />
          );
        })}
        {isMany && box.top >= 0 && rangeStart && rangeEnd && rangeBottom >= rangeTop ? (
          <div
            aria-hidden
            className="pointer-events-none absolute top-0 left-0 z-10 border-2 border-accent bg-accent/8"
            style={{
              transform: `translate(${rangeStart.left}px, ${rangeTop * rowHeight - shift}px)`,
              width: rangeEnd.left + rangeEnd.width - rangeStart.left,
              height: (rangeBottom - rangeTop + 1) * rowHeight,
            }}
          />
        ) : null}
      </div>
    </div>
  );
}
