import { type ClipboardEvent, useMemo } from 'react';
import type { Column, Row } from '@/shared/api/types';
import type { Language } from '@/shared/i18n/core';
import { copyText as writeClipboard } from '@/shared/lib/clipboard';
import { toast } from '@/shared/ui/toast';
import type { CellChange, EditStore } from './edits';
import type { GridMessages } from './i18n/en';
import type { CellRange } from './lib/keys';
import { rectangle } from './lib/keys';
import type { RowSource } from './lib/source';
import { formatTsv, parseTsv, pasteSize, type TsvCell } from './lib/tsv';
import { clearedValue, copyText, isEditable, parseText, rowKey } from './lib/values';

/** Our own copies carry the values as they are beside the text. */
const ownType = 'application/x-telaio-cells';
const cellsAtOnce = 20_000;

export interface CellActionsInput {
  columns: readonly Column[];
  keyName: string;
  source: RowSource;
  edits: EditStore;
  offset: number;
  count: number;
  canUpdate: boolean;
  language: Language;
  m: GridMessages;
  announce: (text: string) => void;
}

interface OwnCells {
  types: string[];
  values: unknown[][];
}

interface Given {
  cell: TsvCell;
  own?: { type: string; value: unknown };
}

export function currentValue(edits: EditStore, row: Row, key: string, column: string): unknown {
  const state = edits.cellsOf(key)?.[column];
  return state?.status === 'saving' ? state.value : (row[column] ?? null);
}

function readOwn(text: string): OwnCells | null {
  try {
    const given = JSON.parse(text) as OwnCells;
    return Array.isArray(given.values) && Array.isArray(given.types) ? given : null;
  } catch {
    return null;
  }
}

/** What copy, paste, Delete and fill do with the cells of a range. */
export function makeCellActions(input: CellActionsInput) {
  const { columns, keyName, source, edits, offset, count, language, m, announce } = input;

  const loaded = (top: number, bottom: number): Row[] | null => {
    const rows: Row[] = [];
    for (let row = top; row <= bottom; row += 1) {
      const found = source.get(offset + row);
      if (!found) return null;
      rows.push(found);
    }
    return rows;
  };
  const rowsOf = async (top: number, bottom: number): Promise<Row[]> =>
    loaded(top, bottom) ??
    (await source.range(offset + top, offset + bottom + 1, new AbortController().signal));

  const tooMany = (cells: number): boolean => {
    if (cells <= cellsAtOnce) return false;
    toast({ kind: 'error', title: m.tooMany });
    return true;
  };

  const textOf = (rows: Row[], picked: Column[]) =>
    formatTsv(rows.map((row) => picked.map((column) => copyText(column, valueIn(row, column)))));
  const valueIn = (row: Row, column: Column) =>
    currentValue(edits, row, rowKey(row, keyName), column.name);

  const copy = (range: CellRange, event: ClipboardEvent): void => {
    const { top, bottom, left, right } = rectangle(range);
    if (top < 0) return;
    event.preventDefault();
    const picked = columns.slice(left, right + 1);
    if (tooMany((bottom - top + 1) * picked.length)) return;
    const rows = loaded(top, bottom);
    const told = () => announce(m.copied(bottom - top + 1, picked.length));
    if (!rows) {
      void rowsOf(top, bottom)
        .then((all) => writeClipboard(textOf(all, picked)))
        .then(told)
        .catch(() => toast({ kind: 'error', title: m.notLoaded }));
      return;
    }
    const own: OwnCells = {
      types: picked.map((column) => column.type),
      values: rows.map((row) => picked.map((column) => valueIn(row, column))),
    };
    event.clipboardData.setData('text/plain', textOf(rows, picked));
    event.clipboardData.setData(ownType, JSON.stringify(own));
    told();
  };

  /** The value for a column, from our own copy where the types agree. */
  const meaning = (given: Given, column: Column) => {
    const { own, cell } = given;
    if (own && (own.type === column.type || own.value === null)) {
      if (own.value === null) return clearedValue(column);
      return { ok: true as const, value: own.value };
    }
    return parseText(column, cell.text, language, cell.quoted || own?.value === '');
  };

  const write = async (
    top: number,
    left: number,
    size: { rows: number; columns: number },
    givenAt: (row: number, column: number) => Given,
  ): Promise<{ changed: number; skipped: number; beyond: number }> => {
    const bottom = Math.min(count - 1, top + size.rows - 1);
    const right = Math.min(columns.length - 1, left + size.columns - 1);
    const rows = await rowsOf(top, bottom);
    const changes: CellChange[] = [];
    const refused: { change: CellChange; message: string }[] = [];
    let skipped = 0;
    rows.forEach((row, rowAt) => {
      const key = rowKey(row, keyName);
      for (let at = left; at <= right; at += 1) {
        const column = columns[at];
        if (!column) continue;
        if (!isEditable(column)) {
          skipped += 1;
          continue;
        }
        const given = givenAt(rowAt, at - left);
        const parsed = meaning(given, column);
        const change = {
          key,
          column: column.name,
          before: currentValue(edits, row, key, column.name),
          after: parsed.ok ? parsed.value : given.cell.text,
        };
        if (parsed.ok) changes.push(change);
        else refused.push({ change, message: m.problems[parsed.problem] });
      }
    });
    if (changes.length > 0) edits.edit(changes);
    for (const { change, message } of refused) edits.reject(change, message);
    return { changed: changes.length, skipped, beyond: top + size.rows - 1 - bottom };
  };

  const paste = async (range: CellRange, event: ClipboardEvent): Promise<CellRange | null> => {
    const selection = rectangle(range);
    if (selection.top < 0) return null;
    event.preventDefault();
    if (!input.canUpdate) {
      announce(m.noRight);
      return null;
    }
    const cells = parseTsv(event.clipboardData.getData('text/plain'));
    const own = readOwn(event.clipboardData.getData(ownType));
    const usable = own && own.values.length === cells.length ? own : null;
    const block = { rows: cells.length, columns: Math.max(...cells.map((row) => row.length)) };
    const size = pasteSize(block, selection);
    if (tooMany(size.rows * size.columns)) return null;
    const outcome = await write(selection.top, selection.left, size, (row, column) => {
      const y = row % block.rows;
      const x = column % block.columns;
      const value = usable?.values[y]?.[x];
      const type = usable?.types[x];
      return {
        cell: cells[y]?.[x] ?? { text: '', quoted: false },
        ...(type === undefined || value === undefined ? {} : { own: { type, value } }),
      };
    });
    const notes = [
      m.pasted(outcome.changed),
      outcome.skipped > 0 ? m.skipped(outcome.skipped) : '',
      outcome.beyond > 0 ? m.pastedBeyond(outcome.beyond) : '',
    ].filter(Boolean);
    announce(notes.join('. '));
    if (outcome.skipped > 0 || outcome.beyond > 0)
      toast({ kind: 'info', title: notes[0] ?? '', description: notes.slice(1).join('. ') });
    return {
      anchor: { row: selection.top, column: selection.left },
      focus: {
        row: Math.min(count - 1, selection.top + size.rows - 1),
        column: Math.min(columns.length - 1, selection.left + size.columns - 1),
      },
    };
  };

  const clear = async (range: CellRange): Promise<void> => {
    const { top, bottom, left, right } = rectangle(range);
    if (top < 0) return;
    if (!input.canUpdate) {
      announce(m.noRight);
      return;
    }
    const size = { rows: bottom - top + 1, columns: right - left + 1 };
    if (tooMany(size.rows * size.columns)) return;
    const nothing: Given = { cell: { text: '', quoted: false } };
    const { changed } = await write(top, left, size, () => nothing);
    announce(m.cleared(changed));
  };

  const fillDown = async (range: CellRange): Promise<void> => {
    const { top, bottom, left, right } = rectangle(range);
    const first = source.get(offset + top);
    if (top < 0 || bottom === top || !first || !input.canUpdate) return;
    const size = { rows: bottom - top + 1, columns: right - left + 1 };
    if (tooMany(size.rows * size.columns)) return;
    await write(top, left, size, (_row, column) => {
      const from = columns[left + column];
      const value = from ? valueIn(first, from) : null;
      return {
        cell: { text: from ? copyText(from, value) : '', quoted: false },
        ...(from ? { own: { type: from.type, value } } : {}),
      };
    });
  };

  return { copy, paste, clear, fillDown };
}

export function useCellActions(input: CellActionsInput) {
  const { columns, keyName, source, edits, offset, count, canUpdate, language, m, announce } =
    input;
  return useMemo(
    () =>
      makeCellActions({
        columns,
        keyName,
        source,
        edits,
        offset,
        count,
        canUpdate,
        language,
        m,
        announce,
      }),
    [columns, keyName, source, edits, offset, count, canUpdate, language, m, announce],
  );
}
