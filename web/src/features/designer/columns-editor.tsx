import { Plus, Undo2 } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useMessages } from '@/shared/i18n/core';
import { Button } from '@/shared/ui/button';
import { ColumnIcon } from '@/shared/ui/column-icon';
import { ColumnRow } from './column-row';
import { designerMessages } from './i18n';
import { columnProblem, type Draft, type DraftColumn, emptyColumn } from './model';
import { useReorder } from './reorder';

export interface ColumnsEditorProps {
  draft: Draft;
  onChange: (draft: Draft) => void;
  /** what the live table has, to bring back a column that was taken out here */
  before?: Draft;
  /** tell also what is merely not filled in yet */
  strict: boolean;
  disabled?: boolean;
  /** of an attached database: no column is kept for the server */
  attached?: boolean;
  /** a new table whose key is chosen here */
  choosesKeys?: boolean;
}

/** The list of columns: add, name, type, move, remove. */
export function ColumnsEditor({
  draft,
  onChange,
  before,
  strict,
  disabled = false,
  attached = false,
  choosesKeys = false,
}: ColumnsEditorProps) {
  const m = useMessages(designerMessages);
  const list = useRef<HTMLOListElement>(null);
  const [said, setSaid] = useState('');
  const [focusKey, setFocusKey] = useState('');
  const setColumns = (columns: DraftColumn[]) => onChange({ ...draft, columns });
  const reorder = useReorder(draft.columns, setColumns, (column, place) =>
    setSaid(m.moved(column.displayName || column.name, place, draft.columns.length)),
  );

  useEffect(() => {
    if (!focusKey) return;
    list.current
      ?.querySelector<HTMLInputElement>(`[data-item="${focusKey}"] [data-column-name]`)
      ?.focus();
    setFocusKey('');
  }, [focusKey]);

  function problemOf(column: DraftColumn) {
    const problem = columnProblem(column, draft.columns, { attached });
    const unfinished =
      problem === 'name-missing' || problem === 'values-missing' || problem === 'related-missing';
    return unfinished && !strict ? undefined : problem;
  }

  function add() {
    const column = emptyColumn();
    setColumns([...draft.columns, column]);
    setFocusKey(column.key);
  }

  const removed = (before?.columns ?? []).filter(
    (column) => !draft.columns.some((kept) => kept.original === column.original),
  );

  return (
    <section className="mt-6">
      <h2 className="font-medium text-base">{m.columns}</h2>
      <p className="mt-0.5 mb-2 text-muted text-xs">
        {attached ? m.columnsHintAttached : m.columnsHint}
      </p>
      <p role="status" className="sr-only">
        {said}
      </p>
      {draft.columns.length > 0 ? (
        <ol ref={list} className="overflow-hidden rounded-lg border border-border shadow-card">
          {draft.columns.map((column, index) => (
            <ColumnRow
              key={column.key}
              column={column}
              index={index}
              reorder={reorder}
              problem={problemOf(column)}
              disabled={disabled}
              {...(choosesKeys || (attached && before) ? { keyed: choosesKeys } : {})}
              onChange={(next) =>
                setColumns(draft.columns.map((other) => (other.key === column.key ? next : other)))
              }
              onRemove={() => setColumns(draft.columns.filter((other) => other.key !== column.key))}
            />
          ))}
        </ol>
      ) : null}
      <Button
        className="mt-2"
        disabled={disabled}
        icon={<Plus className="size-4" aria-hidden />}
        onClick={add}
      >
        {m.addColumn}
      </Button>
      {removed.length > 0 ? (
        <div className="mt-4">
          <h3 className="font-medium text-danger-text text-sm">{m.removedColumns}</h3>
          <ul className="mt-1.5 flex flex-wrap gap-2">
            {removed.map((column) => {
              const name = column.displayName || column.name;
              return (
                <li
                  key={column.key}
                  className="flex items-center gap-2 rounded-md border border-danger/40 bg-danger-soft py-1 pr-1 pl-2.5 text-sm"
                >
                  <ColumnIcon type={column.type} className="size-3.5" />
                  <span className="line-through">{name}</span>
                  <Button
                    size="sm"
                    variant="ghost"
                    icon={<Undo2 className="size-3.5" aria-hidden />}
                    onClick={() => setColumns([...draft.columns, column])}
                  >
                    {m.restoreColumn(name)}
                  </Button>
                </li>
              );
            })}
          </ul>
        </div>
      ) : null}
    </section>
  );
}
