import { Plus, X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import type { Column } from '@/shared/api/types';
import { useLanguage, useMessages } from '@/shared/i18n/core';
import { Button, IconButton } from '@/shared/ui/button';
import { ColumnIcon } from '@/shared/ui/column-icon';
import { inputClass, Select } from '@/shared/ui/fields';
import { gridMessages } from './i18n';
import {
  type Condition,
  conditionTerm,
  type FilterModel,
  newCondition,
  noFilter,
  operands,
  operatorsOf,
} from './lib/filters';
import { choicesOf } from './options';
import { columnName } from './sheet-header';

const nativeTypes: Partial<Record<Column['type'], string>> = {
  date: 'date',
  datetime: 'datetime-local',
  time: 'time',
};

export interface FilterBarProps {
  columns: readonly Column[];
  model: FilterModel;
  onChange: (model: FilterModel) => void;
  /** counts the conditions that were asked for elsewhere: one goes on at their value */
  asked: number;
}

/** Conditions on the rows, in words. */
export function FilterBar({ columns, model, onChange, asked }: FilterBarProps) {
  const m = useMessages(gridMessages);
  const { conditions, match } = model;
  const bar = useRef<HTMLElement>(null);
  const wanted = useRef('');
  const known = useRef(0);
  if (asked !== known.current) wanted.current = 'input[aria-label]';
  known.current = asked;
  // Who asks for a condition goes on in it.
  const before = useRef(0);
  useEffect(() => {
    const isMore = conditions.length > before.current;
    before.current = conditions.length;
    if (!isMore || !wanted.current) return;
    const last = [...(bar.current?.querySelectorAll('[data-condition]') ?? [])].at(-1);
    last?.querySelector<HTMLElement>(wanted.current)?.focus();
    wanted.current = '';
  }, [conditions.length]);
  const put = (index: number, next: Partial<Condition>) =>
    onChange({
      ...model,
      conditions: conditions.map((condition, at) =>
        at === index ? { ...condition, ...next } : condition,
      ),
    });
  const add = () => {
    const column = columns.find(({ name }) => name !== 'id') ?? columns[0];
    wanted.current = '[role="combobox"]';
    if (column) onChange({ ...model, conditions: [...conditions, newCondition(column)] });
  };
  return (
    <section
      ref={bar}
      aria-label={m.filters}
      className="flex flex-col gap-2 border-border border-b bg-surface px-4 py-3"
    >
      {conditions.length > 1 ? (
        <div className="flex flex-wrap items-center gap-2 text-sm">
          <span className="text-muted">{m.match}</span>
          <div className="w-64">
            <Select
              label={m.match}
              value={match}
              options={[
                { value: 'and', label: m.matchAll },
                { value: 'or', label: m.matchAny },
              ]}
              onChange={(next) => onChange({ ...model, match: next })}
            />
          </div>
        </div>
      ) : null}
      {conditions.map((condition, index) => (
        <ConditionRow
          // biome-ignore lint/suspicious/noArrayIndexKey: conditions have no other name
          key={index}
          columns={columns}
          condition={condition}
          onChange={(next) => put(index, next)}
          onRemove={() =>
            onChange({ ...model, conditions: conditions.filter((_, at) => at !== index) })
          }
        />
      ))}
      <div className="flex gap-2">
        <Button size="sm" icon={<Plus className="size-3.5" aria-hidden />} onClick={add}>
          {m.addCondition}
        </Button>
        {conditions.length > 0 ? (
          <Button size="sm" variant="ghost" onClick={() => onChange(noFilter)}>
            {m.clearAll}
          </Button>
        ) : null}
      </div>
    </section>
  );
}

function ConditionRow({
  columns,
  condition,
  onChange,
  onRemove,
}: {
  columns: readonly Column[];
  condition: Condition;
  onChange: (next: Partial<Condition>) => void;
  onRemove: () => void;
}) {
  const m = useMessages(gridMessages);
  const language = useLanguage();
  const column = columns.find(({ name }) => name === condition.field);
  const operators = operatorsOf(column);
  const isTime = column?.type === 'date' || column?.type === 'datetime' || column?.type === 'time';
  const outcome = conditionTerm(condition, column, language);
  const problem = outcome && !outcome.ok ? m.problems[outcome.problem] : undefined;
  const count = operands(condition.operator);
  const choices = column ? choicesOf(column) : [];
  const input = (label: string, value: string, set: (next: string) => void) => (
    <input
      type={condition.operator === 'in' ? 'text' : ((column && nativeTypes[column.type]) ?? 'text')}
      aria-label={label}
      aria-invalid={problem ? true : undefined}
      value={value}
      onChange={(event) => set(event.currentTarget.value)}
      className={inputClass}
    />
  );
  return (
    <div data-condition className="flex flex-wrap items-center gap-2">
      <div className="w-48">
        <Select
          label={m.field}
          value={condition.field}
          options={columns.map((option) => ({
            value: option.name,
            label: columnName(option),
            icon: <ColumnIcon type={option.type} className="size-3.5" />,
          }))}
          onChange={(name) => {
            const next = columns.find((other) => other.name === name);
            if (next) onChange(newCondition(next));
          }}
        />
      </div>
      <div className="w-44">
        <Select
          label={m.operator}
          value={condition.operator}
          options={operators.map((operator) => ({
            value: operator,
            label: (isTime ? m.operatorsTime[operator] : undefined) ?? m.operators[operator],
          }))}
          onChange={(operator) => onChange({ operator })}
        />
      </div>
      {count > 0 && choices.length > 0 && condition.operator !== 'in' ? (
        <div className="w-48">
          <Select
            label={m.value}
            value={condition.value}
            options={choices.map((value) => ({ value, label: value }))}
            onChange={(value) => onChange({ value })}
          />
        </div>
      ) : count > 0 ? (
        <div className="w-48">
          {input(m.value, condition.value, (value) => onChange({ value }))}
        </div>
      ) : null}
      {count > 1 ? (
        <>
          <span className="text-muted text-sm">{m.upTo}</span>
          <div className="w-48">
            {input(m.upTo, condition.value2, (value2) => onChange({ value2 }))}
          </div>
        </>
      ) : null}
      <IconButton size="sm" label={m.removeCondition} onClick={onRemove}>
        <X className="size-3.5" aria-hidden />
      </IconButton>
      {problem ? (
        <p role="alert" className="text-danger-text text-xs">
          {problem}
        </p>
      ) : null}
    </div>
  );
}
