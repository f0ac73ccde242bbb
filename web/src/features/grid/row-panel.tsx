import { ChevronDown, ChevronUp, X } from 'lucide-react';
import { type FormEvent, useEffect, useMemo, useRef, useState } from 'react';
import { ApiError } from '@/shared/api/client';
import type { Column, Row } from '@/shared/api/types';
import { useLanguage, useMessages } from '@/shared/i18n/core';
import { formatBytes, formatDateTime } from '@/shared/i18n/format';
import { Button, IconButton } from '@/shared/ui/button';
import { Field, inputClass, Select } from '@/shared/ui/fields';
import { describeError, uiMessages } from '@/shared/ui/i18n';
import { ErrorNote } from '@/shared/ui/states';
import { type CellChange, errorPlace } from './edits';
import { gridMessages } from './i18n';
import {
  byteLength,
  copyText,
  editText,
  isEditable,
  isInsertable,
  parseText,
  rowKey,
  sameValue,
} from './lib/values';
import { choicesOf, findOptions, isPicked } from './options';
import { PickList } from './pick-list';
import { columnName } from './sheet-header';
import { labelKey, useRelationLabels } from './use-relation-labels';

/** A draft: the text typed, or a value picked from a list. Missing: not touched. */
type Draft = { text: string } | { value: unknown };

export interface RowPanelProps {
  columns: readonly Column[];
  keyName: string;
  /** null: a new row */
  row: Row | null;
  title: string;
  canUpdate: boolean;
  onClose: () => void;
  onStep?: (by: 1 | -1) => void;
  onSave: (changes: CellChange[]) => Promise<void>;
  onAdd: (row: Row) => Promise<void>;
}

/** One row with all of its columns, to read, to change, or to add. */
export function RowPanel(props: RowPanelProps) {
  const { columns, keyName, row, canUpdate } = props;
  const m = useMessages(gridMessages);
  const ui = useMessages(uiMessages);
  const language = useLanguage();
  const [drafts, setDrafts] = useState<Record<string, Draft>>({});
  const [problems, setProblems] = useState<Record<string, string>>({});
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const panel = useRef<HTMLElement>(null);
  const isNew = row === null;
  const shown = isNew ? columns.filter(isInsertable) : columns;

  useEffect(() => {
    const field = panel.current?.querySelector<HTMLElement>(
      'form :is(input, textarea, [role="combobox"])',
    );
    (field ?? panel.current)?.focus();
  }, []);

  const before = (column: Column) => row?.[column.name] ?? null;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const found: Record<string, string> = {};
    const changes: CellChange[] = [];
    for (const column of shown) {
      const draft = drafts[column.name];
      if (!draft || !(isNew || isEditable(column))) continue;
      const parsed =
        'value' in draft
          ? { ok: true as const, value: draft.value }
          : parseText(column, draft.text, language, draft.text === '');
      if (!parsed.ok) found[column.name] = m.problems[parsed.problem];
      else if (isNew || !sameValue(before(column), parsed.value))
        changes.push({
          key: row ? rowKey(row, keyName) : '',
          column: column.name,
          before: before(column),
          after: parsed.value,
        });
    }
    setProblems(found);
    setError(null);
    if (Object.keys(found).length > 0) return;
    setBusy(true);
    try {
      if (isNew)
        await props.onAdd(
          Object.fromEntries(changes.map((change) => [change.column, change.after])),
        );
      else await props.onSave(changes);
      setDrafts({});
      // The button was out of work meanwhile and lost the focus.
      if (isNew) props.onClose();
      else panel.current?.focus();
    } catch (failure) {
      const place = failure instanceof ApiError ? errorPlace(failure.where).column : undefined;
      const { title, text } = describeError(ui, failure);
      if (place && shown.some((column) => column.name === place))
        setProblems({ [place]: text || title });
      else setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <aside
      ref={panel}
      aria-label={props.title}
      tabIndex={-1}
      className="flex w-96 max-w-full shrink-0 flex-col border-border border-l bg-surface outline-none max-lg:absolute max-lg:inset-y-0 max-lg:right-0 max-lg:z-30 max-lg:shadow-float max-md:w-full"
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !event.defaultPrevented) {
          event.stopPropagation();
          props.onClose();
        }
      }}
    >
      <div className="flex items-center gap-1 border-border border-b px-4 py-2">
        <h2 className="min-w-0 flex-1 truncate font-semibold text-base">{props.title}</h2>
        {props.onStep ? (
          <>
            <IconButton size="sm" label={m.previousRow} onClick={() => props.onStep?.(-1)}>
              <ChevronUp className="size-4" aria-hidden />
            </IconButton>
            <IconButton size="sm" label={m.nextRow} onClick={() => props.onStep?.(1)}>
              <ChevronDown className="size-4" aria-hidden />
            </IconButton>
          </>
        ) : null}
        <IconButton size="sm" label={m.close} onClick={props.onClose}>
          <X className="size-4" aria-hidden />
        </IconButton>
      </div>
      <form onSubmit={submit} className="flex min-h-0 flex-1 flex-col" noValidate>
        <div className="scroll-thin flex min-h-0 flex-1 flex-col gap-3.5 overflow-y-auto px-4 py-3">
          {shown.map((column) => (
            <RowField
              key={column.name}
              column={column}
              isNew={isNew}
              value={before(column)}
              draft={drafts[column.name]}
              editable={isNew || (canUpdate && isEditable(column))}
              error={problems[column.name]}
              onDraft={(draft) => setDrafts({ ...drafts, [column.name]: draft })}
            />
          ))}
          <ErrorNote error={error} />
        </div>
        {isNew || canUpdate ? (
          <div className="flex justify-end gap-2 border-border border-t px-4 py-2.5">
            <Button type="submit" variant="primary" busy={busy}>
              {isNew ? m.saveNew : m.save}
            </Button>
          </div>
        ) : null}
      </form>
    </aside>
  );
}

const nativeTypes: Partial<Record<Column['type'], string>> = {
  date: 'date',
  datetime: 'datetime-local',
  time: 'time',
};

interface RowFieldProps {
  column: Column;
  isNew: boolean;
  value: unknown;
  draft: Draft | undefined;
  editable: boolean;
  error: string | undefined;
  onDraft: (draft: Draft) => void;
}

function RowField({ column, isNew, value, draft, editable, error, onDraft }: RowFieldProps) {
  const m = useMessages(gridMessages);
  const name = columnName(column);
  const now = draft && 'value' in draft ? draft.value : draft ? undefined : value;
  const isNull = now === null && (!isNew || draft !== undefined);
  const text = draft && 'text' in draft ? draft.text : editText(column, now);
  const required = !column.nullable && (column.defaultValue ?? null) === null;
  if (!editable)
    return (
      <div className="flex min-w-0 flex-col gap-0.5">
        <span className="font-medium text-sm">{name}</span>
        <span className="break-words text-muted text-sm">{readText(column, value, m)}</span>
      </div>
    );
  return (
    <div className="relative flex min-w-0 flex-col">
      <Field
        label={name}
        {...(required ? { optional: m.required } : {})}
        {...(column.comment ? { hint: column.comment } : {})}
        error={error}
      >
        {(ids) => (
          <FieldInput
            ids={ids}
            column={column}
            text={text}
            now={now}
            isNull={isNull}
            onDraft={onDraft}
          />
        )}
      </Field>
      {column.nullable && !isNull && !isNew && !isPicked(column) ? (
        <button
          type="button"
          className="absolute top-0 right-0 rounded-sm px-1 text-muted text-xs leading-5 hover:text-accent-text hover:underline"
          onClick={() => onDraft({ value: null })}
        >
          {m.setNull}
        </button>
      ) : null}
    </div>
  );
}

function readText(
  column: Column,
  value: unknown,
  m: { nullValue: string; bytes: (size: string) => string; yes: string; no: string },
): string {
  if (value === null || value === undefined) return m.nullValue;
  if (column.type === 'binary') return m.bytes(formatBytes(byteLength(String(value))));
  if (typeof value === 'boolean') return value ? m.yes : m.no;
  if (column.type === 'datetime') return formatDateTime(String(value));
  return copyText(column, value);
}

function FieldInput({
  ids,
  column,
  text,
  now,
  isNull,
  onDraft,
}: {
  ids: { id: string };
  column: Column;
  text: string;
  now: unknown;
  isNull: boolean;
  onDraft: (draft: Draft) => void;
}) {
  const m = useMessages(gridMessages);
  const labels = useRelationLabels(
    useMemo(() => [column], [column]),
    useMemo(() => [{ [column.name]: now }], [column, now]),
  );
  const typed = (event: { currentTarget: { value: string } }) =>
    onDraft({ text: event.currentTarget.value });
  const placeholder = isNull ? m.nullValue : '';
  if (column.relatedTable)
    return (
      <PickList
        {...ids}
        label={columnName(column)}
        current={labels.get(labelKey(column.relatedTable, now)) ?? copyText(column, now)}
        value={now}
        nullable={column.nullable}
        load={(query, signal) => findOptions(column, m, query, signal)}
        onPick={(value) => onDraft({ value })}
      />
    );
  if (isPicked(column)) {
    const options =
      column.type === 'boolean'
        ? [
            { value: 'true', label: m.yes },
            { value: 'false', label: m.no },
          ]
        : choicesOf(column).map((value) => ({ value, label: value }));
    const none = '\u0000';
    return (
      <Select
        {...ids}
        value={isNull || now === null || now === undefined ? '' : String(now)}
        placeholder={isNull ? m.nullValue : ''}
        options={column.nullable ? [...options, { value: none, label: m.noValue }] : options}
        onChange={(picked) =>
          onDraft({
            value: picked === none ? null : column.type === 'boolean' ? picked === 'true' : picked,
          })
        }
      />
    );
  }
  if (column.type === 'json' || column.type === 'array' || column.type === 'text')
    return (
      <textarea
        {...ids}
        rows={Math.min(8, Math.max(column.type === 'text' ? 1 : 3, text.split('\n').length))}
        value={text}
        placeholder={placeholder}
        onChange={typed}
        className={`${inputClass} h-auto! py-1.5 ${column.type === 'text' ? '' : 'font-mono text-xs'}`}
      />
    );
  const type = nativeTypes[column.type];
  return (
    <input
      {...ids}
      type={type ?? 'text'}
      {...(type === 'time' || type === 'datetime-local' ? { step: 'any' } : {})}
      value={text}
      placeholder={placeholder}
      onChange={typed}
      className={inputClass}
    />
  );
}
