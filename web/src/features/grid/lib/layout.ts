import type { Column } from '@/shared/api/types';

/** How one person likes the columns of one table. */
export interface Layout {
  widths: Record<string, number>;
  order: string[];
  hidden: string[];
}

export const plainLayout: Layout = { widths: {}, order: [], hidden: [] };
export const narrowest = 64;
export const widest = 900;

const usual: Partial<Record<Column['type'], number>> = {
  boolean: 110,
  number: 120,
  date: 130,
  time: 110,
  datetime: 210,
  enum: 140,
  uuid: 180,
  text: 220,
  json: 240,
};

/** Room for a heading in full, with its icon, its arrow and its menu. */
function headingWidth(column: Column): number {
  const name = column.displayName || column.name;
  return Math.min(280, 76 + name.length * 8);
}

export function widthOf(layout: Layout, column: Column): number {
  const wide = Math.max(usual[column.type] ?? 180, headingWidth(column));
  return layout.widths[column.name] ?? wide;
}

export function withWidth(layout: Layout, name: string, width: number): Layout {
  const fitting = Math.round(Math.min(Math.max(width, narrowest), widest));
  return { ...layout, widths: { ...layout.widths, [name]: fitting } };
}

/** Columns in the chosen order; new ones where the table has them. */
export function arrange(layout: Layout, columns: readonly Column[]): Column[] {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const chosen = layout.order.flatMap((name) => byName.get(name) ?? []);
  const result = [...chosen];
  columns.forEach((column, index) => {
    if (result.includes(column)) return;
    const before = columns[index - 1];
    const at = before ? result.indexOf(before) + 1 : 0;
    result.splice(at, 0, column);
  });
  return result;
}

export function shownColumns(layout: Layout, columns: readonly Column[]): Column[] {
  const all = arrange(layout, columns);
  const shown = all.filter((column) => !layout.hidden.includes(column.name));
  return shown.length > 0 ? shown : all.slice(0, 1);
}

/** Puts a column before another one; `before` null: at the end. */
export function withMoved(
  layout: Layout,
  columns: readonly Column[],
  name: string,
  before: string | null,
): Layout {
  const names = arrange(layout, columns).map((column) => column.name);
  const rest = names.filter((other) => other !== name);
  const at = before === null ? rest.length : rest.indexOf(before);
  rest.splice(at < 0 ? rest.length : at, 0, name);
  return { ...layout, order: rest };
}

/** One place to the left or the right among the columns that are shown. */
export function withShifted(
  layout: Layout,
  columns: readonly Column[],
  name: string,
  by: 1 | -1,
): Layout {
  const names = shownColumns(layout, columns).map((column) => column.name);
  const at = names.indexOf(name);
  const to = at + by;
  if (at < 0 || to < 0 || to >= names.length) return layout;
  const before = by < 0 ? names[to] : (names[to + 1] ?? null);
  return withMoved(layout, columns, name, before ?? null);
}

export function withHidden(layout: Layout, name: string, hidden: boolean): Layout {
  const rest = layout.hidden.filter((other) => other !== name);
  return { ...layout, hidden: hidden ? [...rest, name] : rest };
}

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];

export function readLayout(text: string | null): Layout {
  try {
    const given = JSON.parse(text ?? 'null') as Partial<Layout> | null;
    if (typeof given !== 'object' || given === null) return plainLayout;
    const widths = Object.entries(given.widths ?? {}).filter(
      ([, width]) => typeof width === 'number' && width >= narrowest && width <= widest,
    );
    return {
      widths: Object.fromEntries(widths),
      order: strings(given.order),
      hidden: strings(given.hidden),
    };
  } catch {
    return plainLayout;
  }
}
