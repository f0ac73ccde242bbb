import { type ReactNode, useLayoutEffect, useRef, useState } from 'react';

/** So few that all of them cost less than knowing which are in sight. */
const fewItems = 80;
const beyond = 12;

export interface VirtualListProps<T> {
  items: readonly T[];
  itemKey: (item: T) => string;
  /** of every item, in pixels */
  height: number;
  children: (item: T) => ReactNode;
  className?: string;
  /** what scrolls: the list itself, or the nearest parent that does */
  scrolls?: 'self' | 'parent';
  /** behind the items */
  after?: ReactNode;
}

function scrollerOf(list: HTMLElement, scrolls: 'self' | 'parent'): HTMLElement {
  if (scrolls === 'self') return list;
  for (let parent = list.parentElement; parent; parent = parent.parentElement)
    if (/auto|scroll/.test(getComputedStyle(parent).overflowY)) return parent;
  return document.documentElement;
}

/** A list of items of one height, of which only those in sight are there. */
export function VirtualList<T>(props: VirtualListProps<T>) {
  const { items, itemKey, height, children, className, scrolls = 'parent', after } = props;
  const list = useRef<HTMLUListElement>(null);
  const isLong = items.length > fewItems;
  const [range, setRange] = useState({ from: 0, to: 3 * beyond });

  useLayoutEffect(() => {
    const element = list.current;
    if (!element || !isLong) return;
    const scroller = scrollerOf(element, scrolls);
    const look = () => {
      const top =
        scrolls === 'self'
          ? scroller.scrollTop
          : scroller.getBoundingClientRect().top - element.getBoundingClientRect().top;
      const from = Math.max(0, Math.floor(top / height) - beyond);
      const to = Math.ceil((top + scroller.clientHeight) / height) + beyond;
      setRange((now) => (now.from === from && now.to === to ? now : { from, to }));
    };
    look();
    scroller.addEventListener('scroll', look, { passive: true });
    window.addEventListener('resize', look);
    return () => {
      scroller.removeEventListener('scroll', look);
      window.removeEventListener('resize', look);
    };
  }, [isLong, height, scrolls]);

  const from = isLong ? Math.min(range.from, items.length) : 0;
  const to = isLong ? Math.min(range.to, items.length) : items.length;
  return (
    <ul ref={list} className={className}>
      {from > 0 ? <li aria-hidden style={{ height: from * height }} className="shrink-0" /> : null}
      {items.slice(from, to).map((item) => (
        <li key={itemKey(item)} {...(isLong ? { style: { height } } : {})} className="shrink-0">
          {children(item)}
        </li>
      ))}
      {to < items.length ? (
        <li aria-hidden style={{ height: (items.length - to) * height }} className="shrink-0" />
      ) : null}
      {after}
    </ul>
  );
}
