// biome-ignore-all lint/a11y/useFocusableInteractive: the cells have the focus, not the rows
// biome-ignore-all lint/a11y/useSemanticElements: see the rows
import clsx from 'clsx';
import {
  ArrowDown,
  ArrowLeft,
  ArrowRight,
  ArrowUp,
  ArrowUpDown,
  ChevronDown,
  EyeOff,
  Filter,
  FoldHorizontal,
  MoveHorizontal,
  UnfoldHorizontal,
} from 'lucide-react';
import { type PointerEvent, useRef, useState } from 'react';
import type { Column } from '@/shared/api/types';
import { useMessages } from '@/shared/i18n/core';
import { ColumnIcon } from '@/shared/ui/column-icon';
import { Menu, MenuItem, MenuSeparator } from '@/shared/ui/menu';
import { gridMessages } from './i18n';
import type { ColumnPlace } from './lib/window';

export const headerHeight = 36;

export interface Sort {
  column: string;
  order: 'asc' | 'desc';
}

export interface HeaderActions {
  onSort: (sort: Sort | null) => void;
  onWidth: (column: string, width: number) => void;
  onShift: (column: string, by: 1 | -1) => void;
  onMove: (column: string, before: string | null) => void;
  onHide: (column: string) => void;
  onFilter: (column: string) => void;
}

export interface SheetHeaderProps extends HeaderActions {
  columns: readonly Column[];
  places: readonly ColumnPlace[];
  first: number;
  end: number;
  width: number;
  gutter: number;
  active: number;
  sort: Sort | null;
  allChosen: boolean;
  someChosen: boolean;
  onChooseAll: (on: boolean) => void;
}

export const columnName = (column: Column) => column.displayName || column.name;

/** Up, then down, then as the table is. */
export function nextSort(sort: Sort | null, column: string): Sort | null {
  if (sort?.column !== column) return { column, order: 'asc' };
  return sort.order === 'asc' ? { column, order: 'desc' } : null;
}

export function SheetHeader(props: SheetHeaderProps) {
  const m = useMessages(gridMessages);
  const { columns, places, first, end, active, gutter, width } = props;
  const drawn = columns
    .map((column, at) => ({ column, at }))
    .filter(({ at }) => (at >= first && at < end) || at === active);
  return (
    <div role="rowgroup" className="sticky top-0 z-30" style={{ width }}>
      <div
        role="row"
        aria-rowindex={1}
        style={{ height: headerHeight }}
        className="relative border-border border-b bg-surface-2"
      >
        <div
          role="columnheader"
          aria-colindex={1}
          style={{ width: gutter }}
          className="sticky left-0 z-20 flex h-full items-center gap-2 border-border border-r bg-surface-2 pr-2 pl-2.5"
        >
          <input
            type="checkbox"
            tabIndex={-1}
            checked={props.allChosen}
            ref={(element) => {
              if (element) element.indeterminate = props.someChosen && !props.allChosen;
            }}
            onChange={(event) => props.onChooseAll(event.currentTarget.checked)}
            aria-label={m.selectAll}
            className="size-4 shrink-0 accent-(--t-accent)"
          />
        </div>
        {drawn.map(({ column, at }) => {
          const place = places[at];
          return place ? (
            <HeaderCell key={column.name} {...props} column={column} at={at} place={place} />
          ) : null;
        })}
      </div>
    </div>
  );
}

function HeaderCell({
  column,
  at,
  place,
  active,
  sort,
  ...props
}: SheetHeaderProps & { column: Column; at: number; place: ColumnPlace }) {
  const m = useMessages(gridMessages);
  const name = columnName(column);
  const order = sort?.column === column.name ? sort.order : null;
  const [drop, setDrop] = useState<number | null>(null);
  const head = useRef<HTMLDivElement>(null);
  const drag = useRef<{ x: number; moved: boolean } | null>(null);
  const Arrow = order === 'asc' ? ArrowUp : ArrowDown;

  /** The column before which one lets go, by where the pointer is. */
  const target = (event: PointerEvent): { before: string | null; left: number } => {
    const header = event.currentTarget.closest('[role="row"]')?.getBoundingClientRect();
    const x = event.clientX - (header?.left ?? 0);
    const found = props.places.findIndex(({ left, width }) => x < left + width / 2);
    const last = props.places.at(-1);
    if (found < 0) return { before: null, left: last ? last.left + last.width : 0 };
    return { before: props.columns[found]?.name ?? null, left: props.places[found]?.left ?? 0 };
  };
  const onPointerMove = (event: PointerEvent) => {
    if (!drag.current) return;
    if (!drag.current.moved && Math.abs(event.clientX - drag.current.x) < 6) return;
    drag.current.moved = true;
    setDrop(target(event).left - place.left);
  };
  const onPointerUp = (event: PointerEvent) => {
    const moved = drag.current?.moved;
    const pressed = drag.current !== null;
    drag.current = null;
    setDrop(null);
    if (moved) {
      const { before } = target(event);
      if (before !== column.name) props.onMove(column.name, before);
    } else if (pressed) props.onSort(nextSort(sort, column.name));
  };
  return (
    <div
      ref={head}
      role="columnheader"
      aria-colindex={at + 2}
      aria-sort={order === 'asc' ? 'ascending' : order === 'desc' ? 'descending' : 'none'}
      tabIndex={at === active ? 0 : -1}
      data-cell={`-1:${at}`}
      style={{ left: place.left, width: place.width }}
      className="group absolute top-0 flex h-full items-center gap-1.5 border-border border-r pl-2 outline-none focus-visible:shadow-[inset_0_0_0_2px_var(--t-focus)]"
    >
      <div
        className="flex h-full min-w-0 flex-1 cursor-default select-none items-center gap-1.5"
        title={column.comment ?? undefined}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          // A quick hand is out of the heading before it has moved.
          event.currentTarget.setPointerCapture(event.pointerId);
          drag.current = { x: event.clientX, moved: false };
        }}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerCancel={() => {
          drag.current = null;
          setDrop(null);
        }}
      >
        <ColumnIcon type={column.type} className="size-3.5 shrink-0 text-muted" />
        <span className="min-w-0 truncate font-medium text-xs">{name}</span>
        {order ? <Arrow className="size-3.5 shrink-0 text-accent-text" aria-hidden /> : null}
      </div>
      <HeaderMenu
        {...props}
        column={column}
        sort={sort}
        place={place}
        label={m.columnMenu(name)}
        onFit={() => {
          if (head.current) props.onWidth(column.name, fittingWidth(head.current, at));
        }}
      />
      <ResizeHandle at={at} place={place} onWidth={(next) => props.onWidth(column.name, next)} />
      {drop === null ? null : (
        <div
          aria-hidden
          style={{ left: drop - 1 }}
          className="pointer-events-none absolute top-0 z-40 h-full w-0.5 bg-accent"
        />
      )}
    </div>
  );
}

function HeaderMenu({
  column,
  sort,
  place,
  label,
  onSort,
  onShift,
  onWidth,
  onHide,
  onFilter,
  onFit,
}: HeaderActions & {
  column: Column;
  sort: Sort | null;
  place: ColumnPlace;
  label: string;
  onFit: () => void;
}) {
  const m = useMessages(gridMessages);
  const { name } = column;
  const goesOn = useRef(false);
  return (
    <Menu
      returnsFocus={() => {
        const returns = !goesOn.current;
        goesOn.current = false;
        return returns;
      }}
      align="start"
      trigger={
        <button
          type="button"
          tabIndex={-1}
          data-menu
          aria-label={label}
          className="mr-1.5 flex size-6 shrink-0 items-center justify-center rounded-sm text-muted opacity-0 hover:bg-surface-3 group-focus-within:opacity-100 group-hover:opacity-100 data-popup-open:opacity-100"
        >
          <ChevronDown className="size-3.5" aria-hidden />
        </button>
      }
    >
      <MenuItem
        icon={<ArrowUp className="size-4" />}
        onSelect={() => onSort({ column: name, order: 'asc' })}
      >
        {m.sortUp}
      </MenuItem>
      <MenuItem
        icon={<ArrowDown className="size-4" />}
        onSelect={() => onSort({ column: name, order: 'desc' })}
      >
        {m.sortDown}
      </MenuItem>
      <MenuItem
        icon={<ArrowUpDown className="size-4" />}
        disabled={sort?.column !== name}
        onSelect={() => onSort(null)}
      >
        {m.sortNone}
      </MenuItem>
      <MenuSeparator />
      <MenuItem
        icon={<Filter className="size-4" />}
        onSelect={() => {
          goesOn.current = true;
          onFilter(name);
        }}
      >
        {m.filterColumn}
      </MenuItem>
      <MenuSeparator />
      <MenuItem icon={<ArrowLeft className="size-4" />} onSelect={() => onShift(name, -1)}>
        {m.moveLeft}
      </MenuItem>
      <MenuItem icon={<ArrowRight className="size-4" />} onSelect={() => onShift(name, 1)}>
        {m.moveRight}
      </MenuItem>
      <MenuItem
        icon={<UnfoldHorizontal className="size-4" />}
        onSelect={() => onWidth(name, place.width + 60)}
      >
        {m.wider}
      </MenuItem>
      <MenuItem
        icon={<FoldHorizontal className="size-4" />}
        onSelect={() => onWidth(name, place.width - 60)}
      >
        {m.narrower}
      </MenuItem>
      <MenuItem icon={<MoveHorizontal className="size-4" />} onSelect={onFit}>
        {m.fit}
      </MenuItem>
      <MenuSeparator />
      <MenuItem icon={<EyeOff className="size-4" />} onSelect={() => onHide(name)}>
        {m.hide}
      </MenuItem>
    </Menu>
  );
}

/** As wide as what is in sight of a column needs, its heading among it. */
function fittingWidth(within: Element, at: number): number {
  const grid = within.closest('[role="grid"]');
  const ends = (cell: Element) =>
    Math.max(0, ...[...cell.querySelectorAll('span')].map((part) => part.scrollWidth));
  const cells = [...(grid?.querySelectorAll(`[data-cell$=":${at}"]`) ?? [])];
  return Math.max(
    ...cells.map((cell) => ends(cell) + (cell.matches('[data-cell^="-1"]') ? 72 : 20)),
  );
}

/** The right edge of a header; the menu has the same for keys. */
function ResizeHandle({
  at,
  place,
  onWidth,
}: {
  at: number;
  place: ColumnPlace;
  onWidth: (width: number) => void;
}) {
  const start = useRef<{ x: number; width: number } | null>(null);
  return (
    <div
      aria-hidden
      data-resize
      className={clsx(
        '-right-1 absolute top-0 z-10 h-full w-2 cursor-col-resize touch-none hover:bg-accent/40',
      )}
      onPointerDown={(event) => {
        event.stopPropagation();
        event.currentTarget.setPointerCapture(event.pointerId);
        start.current = { x: event.clientX, width: place.width };
      }}
      onPointerMove={(event) => {
        if (start.current) onWidth(start.current.width + event.clientX - start.current.x);
      }}
      onPointerUp={() => {
        start.current = null;
      }}
      onDoubleClick={(event) => {
        event.stopPropagation();
        onWidth(fittingWidth(event.currentTarget, at));
      }}
    />
  );
}
