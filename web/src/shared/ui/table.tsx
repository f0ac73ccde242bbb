import clsx from 'clsx';
import type { ReactNode } from 'react';

export interface TableColumn<T> {
  key: string;
  header: ReactNode;
  /** Read out where the header shows nothing. */
  headerLabel?: string;
  cell: (row: T) => ReactNode;
  align?: 'start' | 'end';
  className?: string;
}

export interface TableProps<T> {
  label: string;
  columns: TableColumn<T>[];
  rows: T[];
  rowKey: (row: T) => string | number;
  className?: string;
}

/** A plain table for lists of tens to hundreds; rows of user tables go into the grid. */
export function Table<T>({ label, columns, rows, rowKey, className }: TableProps<T>) {
  return (
    <section
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by key
      tabIndex={0}
      className={clsx(
        // relative: what only readers hear must scroll along, not widen the page
        'scroll-thin relative overflow-x-auto rounded-lg border border-border bg-surface shadow-card',
        className,
      )}
    >
      <table className="w-full border-collapse text-sm">
        <caption className="sr-only">{label}</caption>
        <thead>
          <tr className="border-border border-b bg-surface-2/70 text-left">
            {columns.map((column) => (
              <th
                key={column.key}
                scope="col"
                className={clsx(
                  'whitespace-nowrap px-3 py-2 font-medium text-muted text-xs',
                  column.align === 'end' && 'text-right',
                )}
              >
                {column.header}
                {column.headerLabel ? <span className="sr-only">{column.headerLabel}</span> : null}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr
              key={rowKey(row)}
              className="border-border border-b last:border-b-0 hover:bg-surface-2/50"
            >
              {columns.map((column) => (
                <td
                  key={column.key}
                  className={clsx(
                    'px-3 py-2 align-middle',
                    column.align === 'end' && 'text-right',
                    column.className,
                  )}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
