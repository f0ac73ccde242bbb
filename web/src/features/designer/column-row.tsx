import clsx from 'clsx';
import { ChevronDown, GripVertical, Trash2 } from 'lucide-react';
import { useId, useState } from 'react';
import type { ColumnType } from '@/shared/api/types';
import { useMessages } from '@/shared/i18n/core';
import { IconButton } from '@/shared/ui/button';
import { ColumnIcon } from '@/shared/ui/column-icon';
import { Checkbox, inputClass, Select } from '@/shared/ui/fields';
import { ColumnOptions } from './column-options';
import { designerMessages } from './i18n';
import { type DraftColumn, labelColumn, type Problem } from './model';
import type { Reorder } from './reorder';

const offeredTypes: ColumnType[] = [
  'text',
  'number',
  'boolean',
  'date',
  'datetime',
  'time',
  'enum',
  'relation',
  'json',
  'uuid',
  'array',
  'binary',
];

export interface ColumnRowProps {
  column: DraftColumn;
  index: number;
  reorder: Reorder;
  /** undefined while nothing is wrong, or before it may be told */
  problem: Problem | undefined;
  onChange: (column: DraftColumn) => void;
  onRemove: () => void;
  disabled: boolean;
  /** may it be chosen as the table's key? absent: the table has one of ours */
  keyed?: boolean;
}

const openTypes = new Set<ColumnType>(['enum', 'relation']);
const openProblems = new Set<Problem>([
  'default-invalid',
  'pattern-invalid',
  'values-missing',
  'related-missing',
]);

/** One column of the table being drawn: a row, and its options beneath. */
export function ColumnRow({
  column,
  index,
  reorder,
  problem,
  onChange,
  onRemove,
  disabled,
  keyed,
}: ColumnRowProps) {
  const m = useMessages(designerMessages);
  const id = useId();
  const [opened, setOpened] = useState(false);
  const fixed = column.original !== undefined || disabled;
  const name = column.displayName || column.name || m.columnN(index + 1);
  // Other problems are told at their field, among the options.
  const nameProblem = problem?.startsWith('name-') ? problem : undefined;
  const open =
    opened ||
    (problem !== undefined && openProblems.has(problem)) ||
    (openTypes.has(column.type) && column.original === undefined);
  const types = offeredTypes.includes(column.type) ? offeredTypes : [...offeredTypes, column.type];
  return (
    <li
      {...reorder.itemProps(column.key, index)}
      className={clsx(
        'border-border border-b bg-surface last:border-b-0',
        reorder.dragging === column.key && 'bg-accent-soft',
      )}
    >
      <fieldset disabled={disabled} className="min-w-0">
        <legend className="sr-only">{name}</legend>
        <div className="flex flex-wrap items-center gap-x-2 gap-y-1.5 py-1.5 pr-2 pl-1">
          <button
            type="button"
            {...reorder.handleProps(column.key, index)}
            aria-label={m.moveColumn(name)}
            className="flex h-8 w-6 shrink-0 cursor-grab items-center justify-center rounded-md text-muted hover:bg-surface-3 hover:text-text active:cursor-grabbing"
          >
            <GripVertical className="size-4" aria-hidden />
          </button>
          <div className="min-w-36 flex-1">
            <input
              type="text"
              aria-label={m.columnName}
              placeholder={m.columnNamePlaceholder}
              value={column.displayName || (column.original ? column.name : '')}
              onChange={(event) => onChange(labelColumn(column, event.target.value))}
              aria-invalid={nameProblem ? true : undefined}
              aria-describedby={nameProblem ? `${id}-problem` : undefined}
              spellCheck={false}
              data-column-name
              className={inputClass}
            />
          </div>
          <div className="w-44 shrink-0">
            <Select<ColumnType>
              label={m.type}
              value={column.type}
              disabled={fixed}
              options={types.map((type) => ({
                value: type,
                label: m.types[type],
                icon: <ColumnIcon type={type} />,
              }))}
              onChange={(type) => onChange({ ...column, type, defaultText: '' })}
            />
          </div>
          <div className="flex shrink-0 gap-3 px-1">
            {keyed === undefined ? null : (
              <Checkbox
                label={m.key}
                checked={column.primaryKey}
                disabled={fixed || !keyed}
                onChange={(primaryKey) =>
                  onChange({ ...column, primaryKey, nullable: !primaryKey })
                }
              />
            )}
            <Checkbox
              label={m.required}
              checked={!column.nullable}
              disabled={fixed || column.primaryKey}
              onChange={(required) => onChange({ ...column, nullable: !required })}
            />
            <Checkbox
              label={m.unique}
              checked={column.unique}
              disabled={disabled || column.primaryKey}
              onChange={(unique) => onChange({ ...column, unique })}
            />
          </div>
          <IconButton
            label={m.options(name)}
            size="sm"
            aria-expanded={open}
            aria-controls={`${id}-options`}
            onClick={() => setOpened(!open)}
          >
            <ChevronDown
              className={clsx('size-4 transition-transform', open && 'rotate-180')}
              aria-hidden
            />
          </IconButton>
          <IconButton
            label={m.removeColumn(name)}
            variant="danger-quiet"
            size="sm"
            onClick={onRemove}
          >
            <Trash2 className="size-4" aria-hidden />
          </IconButton>
        </div>
        {nameProblem ? (
          <p id={`${id}-problem`} className="px-8 pb-1.5 text-danger-text text-xs">
            {m.problems[nameProblem]}
          </p>
        ) : null}
        <div id={`${id}-options`} hidden={!open} className="px-8 pt-1 pb-3">
          {open ? (
            <ColumnOptions column={column} onChange={onChange} problem={problem} fixed={fixed} />
          ) : null}
        </div>
      </fieldset>
    </li>
  );
}
