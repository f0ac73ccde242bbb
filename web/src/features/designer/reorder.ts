import { type DragEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { moveItem } from './model';

interface Keyed {
  key: string;
}

export interface Reorder {
  /** key of the item in the air, or '' */
  dragging: string;
  /** for the element that shows the item */
  itemProps: (
    key: string,
    index: number,
  ) => {
    'data-item': string;
    onDragOver: (event: DragEvent) => void;
    onDrop: (event: DragEvent) => void;
    onKeyDown: (event: KeyboardEvent) => void;
  };
  /** for the button one takes it by */
  handleProps: (
    key: string,
    index: number,
  ) => {
    draggable: true;
    onDragStart: (event: DragEvent) => void;
    onDragEnd: () => void;
    onKeyDown: (event: KeyboardEvent) => void;
  };
}

/** Moves items of a list by dragging, by Alt with arrows inside an item, by arrows on its handle. */
export function useReorder<T extends Keyed>(
  items: T[],
  onChange: (items: T[]) => void,
  onMoved: (item: T, place: number) => void,
): Reorder {
  const [dragging, setDragging] = useState('');
  const focusBack = useRef<HTMLElement | null>(null);

  // A moved element loses the focus in some browsers; it must stay where the person was.
  useEffect(() => {
    const element = focusBack.current;
    focusBack.current = null;
    if (element?.isConnected && document.activeElement !== element) element.focus();
  });

  function move(from: number, to: number) {
    const next = moveItem(items, from, to);
    const item = items[from];
    if (next === items || !item) return;
    onChange(next);
    onMoved(item, to + 1);
  }

  function moveByKey(event: KeyboardEvent, index: number): boolean {
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return false;
    event.preventDefault();
    event.stopPropagation();
    focusBack.current = event.target as HTMLElement;
    move(index, event.key === 'ArrowUp' ? index - 1 : index + 1);
    return true;
  }

  return {
    dragging,
    itemProps: (key, index) => ({
      'data-item': key,
      onDragOver: (event) => {
        if (!dragging) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = 'move';
        if (dragging === key) return;
        // Only past the middle, so that items of different height do not jump to and fro.
        const box = event.currentTarget.getBoundingClientRect();
        const from = items.findIndex((item) => item.key === dragging);
        const below = event.clientY > box.top + box.height / 2;
        if (from < index ? below : !below) move(from, index);
      },
      onDrop: (event) => {
        event.preventDefault();
        setDragging('');
      },
      onKeyDown: (event) => {
        if (event.altKey && !event.ctrlKey && !event.metaKey) moveByKey(event, index);
      },
    }),
    handleProps: (key, index) => ({
      draggable: true,
      onDragStart: (event) => {
        event.dataTransfer.effectAllowed = 'move';
        event.dataTransfer.setData('text/plain', key);
        const item = event.currentTarget.closest('[data-item]');
        if (item) event.dataTransfer.setDragImage(item, 16, 16);
        setDragging(key);
      },
      onDragEnd: () => setDragging(''),
      onKeyDown: (event) => {
        if (!event.altKey) moveByKey(event, index);
      },
    }),
  };
}
