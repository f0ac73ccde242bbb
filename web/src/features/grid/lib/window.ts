/**
 * Where rows lie. The position is kept in logical pixels: browsers cut elements off at some
 * ten million pixels, so a very long table scrolls in a shorter space. Small movements go one to
 * one, so that a wheel step is a wheel step; large ones (the scrollbar) go in proportion.
 */
export const maxPhysical = 8_000_000;

export interface ScrollSpace {
  /** height of all rows */
  logical: number;
  /** height of the element that scrolls */
  physical: number;
  /** height that shows rows */
  viewport: number;
}

export interface ScrollPosition {
  /** logical pixels above the first visible one */
  top: number;
  /** the scroll position of the element that belongs to it */
  physical: number;
}

export function makeSpace(rows: number, rowHeight: number, viewport: number): ScrollSpace {
  const logical = rows * rowHeight;
  return { logical, physical: Math.min(logical, maxPhysical), viewport: Math.max(0, viewport) };
}

export const topMax = (space: ScrollSpace) => Math.max(0, space.logical - space.viewport);
const physicalMax = (space: ScrollSpace) => Math.max(0, space.physical - space.viewport);

const clamp = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);

/** Goes to an exact place. */
export function moveTo(space: ScrollSpace, top: number): ScrollPosition {
  const wanted = clamp(top, 0, topMax(space));
  if (space.logical === space.physical) return { top: wanted, physical: wanted };
  return { top: wanted, physical: Math.round((wanted / topMax(space)) * physicalMax(space)) };
}

/** What a native scroll to `physical` means. */
export function followScroll(
  space: ScrollSpace,
  from: ScrollPosition,
  physical: number,
): ScrollPosition {
  if (space.logical === space.physical) return { top: clamp(physical, 0, topMax(space)), physical };
  const most = physicalMax(space);
  if (physical <= 0) return { top: 0, physical };
  if (physical >= most - 1) return { top: topMax(space), physical };
  const step = physical - from.physical;
  if (Math.abs(step) <= space.viewport * 2)
    return { top: clamp(from.top + step, 0, topMax(space)), physical };
  return { top: (physical / most) * topMax(space), physical };
}

/** The rows to draw: from `first` up to, not with, `end`. */
export function visibleRows(
  space: ScrollSpace,
  top: number,
  rowHeight: number,
  overscan: number,
): { first: number; end: number } {
  const rows = Math.round(space.logical / rowHeight);
  const first = Math.max(0, Math.floor(top / rowHeight) - overscan);
  const end = Math.min(rows, Math.ceil((top + space.viewport) / rowHeight) + overscan);
  return { first: Math.min(first, rows), end };
}

/** The position nearest to `top` that shows a row in full. */
export function revealRow(space: ScrollSpace, top: number, rowHeight: number, row: number): number {
  const start = row * rowHeight;
  if (start < top) return start;
  if (start + rowHeight > top + space.viewport) return start + rowHeight - space.viewport;
  return top;
}

export interface ColumnPlace {
  left: number;
  width: number;
}

export function placeColumns(widths: readonly number[], start: number): ColumnPlace[] {
  let left = start;
  return widths.map((width) => {
    const place = { left, width };
    left += width;
    return place;
  });
}

/** Columns that touch the visible part, and the ones beside it. */
export function visibleColumns(
  places: readonly ColumnPlace[],
  scrollLeft: number,
  width: number,
  overscan: number,
): { first: number; end: number } {
  let first = 0;
  while (first < places.length) {
    const place = places[first];
    if (place && place.left + place.width > scrollLeft - overscan) break;
    first += 1;
  }
  let end = first;
  while (end < places.length) {
    const place = places[end];
    if (place && place.left >= scrollLeft + width + overscan) break;
    end += 1;
  }
  return { first, end };
}

/** 1-based pages that hold rows from `first` up to `end`. */
export function pagesOf(first: number, end: number, size: number): number[] {
  if (end <= first) return [];
  const from = Math.floor(first / size);
  const to = Math.floor((end - 1) / size);
  return Array.from({ length: to - from + 1 }, (_, index) => from + index + 1);
}
