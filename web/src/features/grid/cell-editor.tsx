import clsx from 'clsx';
import { type KeyboardEvent, useCallback, useId, useLayoutEffect, useRef, useState } from 'react';
import type { Column } from '@/shared/api/types';
import { useLanguage, useMessages } from '@/shared/i18n/core';
import { gridMessages } from './i18n';
import { editorAction, type Step } from './lib/keys';
import { copyText, editText, parseText, type ValueProblem } from './lib/values';
import { findOptions, isPicked } from './options';
import { PickList } from './pick-list';

export interface CellEditorProps {
  column: Column;
  name: string;
  value: unknown;
  /** what the value is called, where it is the key of another row */
  label?: string | undefined;
  /** a text that was refused before, to be put right */
  draft?: string | undefined;
  /** opened to change what is there, not by typing over it */
  caret: boolean;
  above: boolean;
  /** near the right edge: layers open to the left */
  atEnd: boolean;
  onCommit: (value: unknown, step: Step | null) => void;
  /** left with a text that means nothing here */
  onReject: (text: string, problem: ValueProblem) => void;
  onCancel: () => void;
}

const fieldClass =
  'absolute inset-0 z-10 w-full bg-surface px-2 text-sm text-text outline-2 -outline-offset-2 outline-focus';

const nativeTypes: Partial<Record<Column['type'], string>> = {
  date: 'date',
  datetime: 'datetime-local',
  time: 'time',
};

export function CellEditor(props: CellEditorProps) {
  return isPicked(props.column) ? <PickEditor {...props} /> : <TextEditor {...props} />;
}

function PickEditor(props: CellEditorProps) {
  const { column, name, value, label, above, atEnd, onCommit, onCancel } = props;
  const m = useMessages(gridMessages);
  const input = useRef<HTMLInputElement>(null);
  const done = useRef(false);
  useLayoutEffect(() => input.current?.focus({ preventScroll: true }), []);
  const load = useCallback(
    (query: string, signal: AbortSignal) => findOptions(column, m, query, signal),
    [column, m],
  );
  const finish = (work: () => void) => {
    if (done.current) return;
    done.current = true;
    work();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    const action = editorAction(event, true);
    if (!action) return;
    event.preventDefault();
    finish(() => (action.type === 'cancel' ? onCancel() : onCommit(value, action.step)));
  };
  const plain = value === true ? m.yes : value === false ? m.no : copyText(column, value);
  return (
    <div className="absolute inset-0">
      <PickList
        label={m.edit(name)}
        current={label ?? plain}
        value={value}
        load={load}
        nullable={column.nullable}
        above={above}
        atEnd={atEnd}
        startOpen
        onPick={(picked) => finish(() => onCommit(picked, 'down'))}
        onKeyDown={onKeyDown}
        onLeave={() => finish(onCancel)}
        inputRef={input}
        inputClassName={clsx(fieldClass, 'relative! h-8')}
      />
    </div>
  );
}

function TextEditor(props: CellEditorProps) {
  const { column, name, value, draft, caret, above, atEnd, onCommit, onReject, onCancel } = props;
  const m = useMessages(gridMessages);
  const language = useLanguage();
  const errorId = useId();
  const start = draft ?? (caret ? editText(column, value) : '');
  const [text, setText] = useState(start);
  const [problem, setProblem] = useState<ValueProblem | null>(null);
  const field = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  const done = useRef(false);
  const type = nativeTypes[column.type];
  const multiline = ['text', 'json', 'array', 'native'].includes(column.type);
  const rows = Math.min(8, Math.max(1, text.split('\n').length));

  useLayoutEffect(() => {
    const element = field.current;
    element?.focus({ preventScroll: true });
    if (caret && !type) element?.setSelectionRange(element.value.length, element.value.length);
  }, [caret, type]);

  const read = () => {
    const untouched = draft === undefined && caret && text === start;
    if (untouched) return { ok: true as const, value };
    return parseText(column, text, language, value === '' && text === '');
  };
  const commit = (step: Step | null) => {
    const parsed = read();
    if (!parsed.ok) {
      setProblem(parsed.problem);
      return;
    }
    done.current = true;
    onCommit(parsed.value, step);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement & HTMLTextAreaElement>) => {
    event.stopPropagation();
    if (event.key === 'Enter' && event.altKey && multiline) {
      event.preventDefault();
      const { selectionStart, selectionEnd } = event.currentTarget;
      event.currentTarget.setRangeText('\n', selectionStart, selectionEnd, 'end');
      setText(event.currentTarget.value);
      return;
    }
    const action = editorAction(event.nativeEvent, caret || Boolean(type));
    if (!action) return;
    event.preventDefault();
    if (action.type === 'cancel') {
      done.current = true;
      onCancel();
    } else commit(action.step);
  };
  const onBlur = () => {
    if (done.current) return;
    done.current = true;
    const parsed = read();
    if (parsed.ok) onCommit(parsed.value, null);
    else onReject(text, parsed.problem);
  };
  const shared = {
    ref: field,
    value: text,
    'aria-label': m.edit(name),
    'aria-invalid': problem ? (true as const) : undefined,
    'aria-describedby': problem ? errorId : undefined,
    onKeyDown,
    onBlur,
    onChange: (event: { currentTarget: { value: string } }) => {
      setText(event.currentTarget.value);
      setProblem(null);
    },
    autoComplete: 'off',
    spellCheck: false,
  };
  return (
    <>
      {multiline ? (
        <textarea
          {...shared}
          rows={rows}
          className={clsx(
            fieldClass,
            'scroll-thin bottom-auto! min-h-full resize-none py-1.5 shadow-float',
            column.type !== 'text' && 'font-mono text-xs',
          )}
        />
      ) : (
        <input
          {...shared}
          type={type ?? 'text'}
          {...(type === 'datetime-local' || type === 'time' ? { step: 'any' } : {})}
          className={clsx(fieldClass, column.type === 'number' && 'tabular text-right')}
        />
      )}
      {problem ? (
        <CellNote id={errorId} above={above} atEnd={atEnd}>
          {m.problems[problem]}
        </CellNote>
      ) : null}
    </>
  );
}

/** What is wrong with a cell, beside it. */
export function CellNote({
  id,
  above,
  atEnd,
  children,
}: {
  id?: string;
  above: boolean;
  atEnd: boolean;
  children: React.ReactNode;
}) {
  return (
    <div
      id={id}
      role="alert"
      className={clsx(
        'absolute z-20 w-max max-w-80 whitespace-normal rounded-md border border-danger/40 bg-danger-soft px-2.5 py-1.5 text-left font-sans text-danger-text text-xs shadow-float',
        above ? 'bottom-full mb-1' : 'top-full mt-1',
        atEnd ? 'right-0' : 'left-0',
      )}
    >
      {children}
    </div>
  );
}
