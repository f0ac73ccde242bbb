import clsx from 'clsx';
import { Check, X } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Column } from '@/shared/api/types';
import { useLanguage, useMessages } from '@/shared/i18n/core';
import { formatBytes } from '@/shared/i18n/format';
import { Button } from '@/shared/ui/button';
import { describeError, uiMessages } from '@/shared/ui/i18n';
import { CellNote } from './cell-editor';
import type { CellState } from './edits';
import { gridMessages } from './i18n';
import type { GridMessages } from './i18n/en';
import { byteLength, showValue, tagTone } from './lib/values';

/** The value of a cell as it is read; NULL and the empty text do not look alike. */
export function cellContent(
  column: Column,
  value: unknown,
  m: GridMessages,
  language: string,
): ReactNode {
  if (value === null || value === undefined)
    return <span className="text-muted text-xs italic">{m.nullValue}</span>;
  if (value === '') return <span className="text-muted text-xs italic">{m.emptyString}</span>;
  if (typeof value === 'boolean')
    return (
      <span className="inline-flex items-center gap-1.5 align-middle">
        {value ? (
          <Check className="size-3.5 text-success" aria-hidden />
        ) : (
          <X className="size-3.5 text-muted" aria-hidden />
        )}
        {value ? m.yes : m.no}
      </span>
    );
  if (column.type === 'binary' && typeof value === 'string')
    return <span className="text-muted">{m.bytes(formatBytes(byteLength(value)))}</span>;
  if (column.type === 'enum' && typeof value === 'string')
    return <span className={clsx('tag', `tag-${tagTone(column, value)}`)}>{value}</span>;
  return showValue(column, value, language);
}

/** A related row by its words, so that one sees it is a row of its own. */
export function RelationChip({ label }: { label: string }) {
  return (
    <span className="inline-block max-w-full truncate rounded-sm border border-border bg-surface-2 px-1.5 align-middle leading-5">
      {label}
    </span>
  );
}

export interface CellTroubleProps {
  column: Column;
  state: CellState;
  above: boolean;
  atEnd: boolean;
  onRetry: () => void;
  onDiscard: () => void;
}

/** Why a cell is not saved, and what one can do about it. */
export function CellTrouble({ column, state, above, atEnd, onRetry, onDiscard }: CellTroubleProps) {
  const m = useMessages(gridMessages);
  const ui = useMessages(uiMessages);
  const language = useLanguage();
  const { conflict, message, error } = state;
  const { title, text } = conflict
    ? {
        title: m.conflictTitle,
        text: m.conflictTheirs(
          conflict.theirs === null ? m.nullValue : showValue(column, conflict.theirs, language),
        ),
      }
    : message !== undefined
      ? { title: message, text: '' }
      : describeError(ui, error);
  return (
    <CellNote above={above} atEnd={atEnd}>
      <p className="font-medium">{title}</p>
      {text && text !== title ? <p className="mt-0.5 break-words">{text}</p> : null}
      <div className="mt-1.5 flex gap-1.5">
        {message === undefined ? (
          <Button size="sm" onClick={onRetry}>
            {conflict ? m.keepMine : m.retry}
          </Button>
        ) : null}
        <Button size="sm" onClick={onDiscard}>
          {conflict ? m.takeTheirs : m.discard}
        </Button>
      </div>
    </CellNote>
  );
}

export function cellClass(column: Column, failed: boolean, saving: boolean): string {
  return clsx(
    'absolute top-0 flex h-full items-center border-border border-r px-2 text-sm outline-none',
    column.type === 'number' && 'tabular justify-end',
    (column.type === 'json' || column.type === 'uuid' || column.type === 'array') &&
      'font-mono text-xs',
    failed && 'bg-danger-soft text-danger-text',
    saving && 'text-muted',
  );
}
