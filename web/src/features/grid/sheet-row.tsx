// biome-ignore-all lint/a11y/useFocusableInteractive: the cells have the focus, not the rows
// biome-ignore-all lint/a11y/useSemanticElements: rows of a virtual grid lie where they are put; a table element cannot do that
import clsx from 'clsx';
import { memo, type ReactNode } from 'react';
import type { Column, Row } from '@/shared/api/types';
import { type Language, useMessages } from '@/shared/i18n/core';
import { formatNumber } from '@/shared/i18n/format';
import { CellTrouble, cellClass, cellContent, RelationChip } from './cell';
import type { RowCells } from './edits';
import { gridMessages } from './i18n';
import type { ColumnPlace } from './lib/window';
import { labelKey, type RelationLabels } from './use-relation-labels';

export const rowHeight = 32;

export interface SheetRowProps {
  /** place in the sheet */
  index: number;
  /** place in the whole result, from 1 */
  number: number;
  y: number;
  row: Row | undefined;
  rowId: string;
  columns: readonly Column[];
  places: readonly ColumnPlace[];
  /** the columns to draw */
  first: number;
  end: number;
  width: number;
  gutter: number;
  language: Language;
  chosen: boolean;
  /** the active column, -1 where another row is active */
  active: number;
  /** columns of the selected range in this row */
  rangeFrom: number;
  rangeTo: number;
  labels: RelationLabels;
  cells: RowCells | undefined;
  above: boolean;
  atEnd: boolean;
  /** an open editor, in the active cell */
  editor: ReactNode;
  onRetry: (key: string, column: string) => void;
  onDiscard: (key: string, column: string) => void;
}

function drawnColumns({ first, end, active, columns }: SheetRowProps): number[] {
  const drawn = Array.from({ length: Math.max(0, end - first) }, (_, index) => first + index);
  if (active >= 0 && active < columns.length && (active < first || active >= end))
    drawn.push(active);
  return drawn;
}

function Cells(props: SheetRowProps) {
  const { index, row, columns, places, active, cells, editor, language, above } = props;
  const m = useMessages(gridMessages);
  return drawnColumns(props).map((at) => {
    const column = columns[at];
    const place = places[at];
    if (!column || !place) return null;
    const state = cells?.[column.name];
    const value = state ? state.value : row?.[column.name];
    const isActive = at === active;
    const failed = state?.status === 'failed';
    const editing = isActive && Boolean(editor);
    const label = column.relatedTable
      ? props.labels.get(labelKey(column.relatedTable, value))
      : undefined;
    return (
      <div
        key={column.name}
        role="gridcell"
        tabIndex={isActive && !editing ? 0 : -1}
        data-cell={`${index}:${at}`}
        aria-colindex={at + 2}
        aria-selected={at >= props.rangeFrom && at <= props.rangeTo}
        aria-invalid={failed || undefined}
        aria-busy={state?.status === 'saving' || undefined}
        style={{ left: place.left, width: place.width }}
        className={clsx(
          cellClass(column, failed, state?.status === 'saving'),
          isActive && 'z-10 shadow-[inset_0_0_0_2px_var(--t-focus)]',
        )}
      >
        {editing ? (
          editor
        ) : row ? (
          <span className="min-w-0 truncate">
            {label === undefined ? (
              cellContent(column, value, m, language)
            ) : (
              <RelationChip label={label} />
            )}
          </span>
        ) : (
          <span className="h-2.5 w-3/5 rounded-sm bg-surface-3" aria-hidden />
        )}
        {state && failed && isActive && !editing ? (
          <CellTrouble
            column={column}
            state={state}
            above={above}
            atEnd={props.atEnd}
            onRetry={() => props.onRetry(props.rowId, column.name)}
            onDiscard={() => props.onDiscard(props.rowId, column.name)}
          />
        ) : null}
      </div>
    );
  });
}

/** One row of the sheet. It is drawn again only when something of it changed. */
export const SheetRow = memo(function SheetRow(props: SheetRowProps) {
  const m = useMessages(gridMessages);
  const { index, number, y, row, width, gutter, chosen, active } = props;
  const layered = active >= 0;
  return (
    <div
      role="row"
      aria-rowindex={number + 1}
      aria-selected={chosen}
      data-row={index}
      style={{ transform: `translateY(${y}px)`, width, height: rowHeight }}
      className={clsx(
        'group absolute top-0 left-0 border-border border-b',
        chosen ? 'bg-accent-soft' : 'bg-surface hover:bg-surface-2',
        layered && 'z-10',
      )}
    >
      <div
        role="rowheader"
        aria-colindex={1}
        style={{ width: gutter }}
        className={clsx(
          'sticky left-0 z-10 flex h-full items-center gap-2 border-border border-r pr-2 pl-2.5',
          chosen ? 'bg-accent-soft' : 'bg-surface-2',
        )}
      >
        <input
          type="checkbox"
          tabIndex={-1}
          checked={chosen}
          disabled={!row}
          readOnly
          data-choose={index}
          aria-label={m.selectRow(formatNumber(number))}
          className="size-4 shrink-0 accent-(--t-accent)"
        />
        <span className="tabular min-w-0 flex-1 text-right text-muted text-xs">
          {formatNumber(number)}
        </span>
      </div>
      <Cells {...props} />
    </div>
  );
});
