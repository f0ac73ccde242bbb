import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { followScroll, makeSpace, moveTo, revealRow, type ScrollPosition } from './lib/window';
import { headerHeight } from './sheet-header';
import { rowHeight } from './sheet-row';

const restAfter = 150;

export interface SheetScroll {
  position: ScrollPosition;
  left: number;
  size: { width: number; height: number };
  space: ReturnType<typeof makeSpace>;
  onScroll: () => void;
  reveal: (row: number, place: { left: number; width: number } | undefined) => void;
  toTop: () => void;
}

/** Where the sheet is scrolled to, in rows of any number; see lib/window. */
export function useSheetScroll(
  scroller: RefObject<HTMLDivElement | null>,
  rows: number,
  gutter: number,
): SheetScroll {
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [position, setPosition] = useState<ScrollPosition>({ top: 0, physical: 0 });
  const [left, setLeft] = useState(0);
  const now = useRef(position);
  const resting = useRef<ReturnType<typeof setTimeout>>(undefined);
  const space = makeSpace(rows, rowHeight, size.height - headerHeight);
  const spaceNow = useRef(space);
  spaceNow.current = space;

  const place = useCallback(
    (next: ScrollPosition) => {
      now.current = next;
      setPosition(next);
      const element = scroller.current;
      if (element && Math.abs(element.scrollTop - next.physical) > 1)
        element.scrollTop = next.physical;
    },
    [scroller],
  );

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const measure = () => setSize({ width: element.clientWidth, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [scroller]);

  // Rows came or went, or the window grew: the same rows stay in sight.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the measures matter
  useLayoutEffect(() => {
    if (size.height > 0) place(moveTo(spaceNow.current, now.current.top));
  }, [rows, size.height, place]);

  useEffect(() => () => clearTimeout(resting.current), []);

  const onScroll = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    setLeft(element.scrollLeft);
    const physical = element.scrollTop;
    if (Math.abs(physical - now.current.physical) <= 1) return;
    now.current = followScroll(spaceNow.current, now.current, physical);
    setPosition(now.current);
    clearTimeout(resting.current);
    // Small steps move the bar more than their share; at rest it goes where it belongs.
    resting.current = setTimeout(() => place(moveTo(spaceNow.current, now.current.top)), restAfter);
  }, [scroller, place]);

  const reveal = useCallback(
    (row: number, column: { left: number; width: number } | undefined) => {
      const element = scroller.current;
      if (!element) return;
      if (row >= 0) {
        const top = revealRow(spaceNow.current, now.current.top, rowHeight, row);
        if (top !== now.current.top) place(moveTo(spaceNow.current, top));
      }
      if (!column) return;
      const start = column.left - gutter;
      const end = column.left + column.width - element.clientWidth;
      if (element.scrollLeft > start) element.scrollLeft = start;
      else if (element.scrollLeft < end) element.scrollLeft = Math.min(end, start);
      setLeft(element.scrollLeft);
    },
    [scroller, place, gutter],
  );

  const toTop = useCallback(() => place({ top: 0, physical: 0 }), [place]);
  return { position, left, size, space, onScroll, reveal, toTop };
}
