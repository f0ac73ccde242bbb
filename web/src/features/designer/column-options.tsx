import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { tablesQuery } from '@/shared/api/queries';
import type { NumberKind, ReferenceAction } from '@/shared/api/types';
import { useMessages } from '@/shared/i18n/core';
import { Checkbox, SelectField, TextArea, TextField } from '@/shared/ui/fields';
import { TableIcon } from '@/shared/ui/table-icon';
import { designerMessages } from './i18n';
import { canNumber, type DraftColumn, type Problem } from './model';

export interface ColumnOptionsProps {
  column: DraftColumn;
  onChange: (column: DraftColumn) => void;
  problem: Problem | undefined;
  /** an existing column, whose structure is fixed */
  fixed: boolean;
}

type Rule = keyof DraftColumn['validation'];

function RuleField({
  rule,
  label,
  hint,
  error,
  column,
  onChange,
}: {
  rule: Rule;
  label: string;
  hint?: string;
  error?: string | undefined;
  column: DraftColumn;
  onChange: (column: DraftColumn) => void;
}) {
  return (
    <TextField
      label={label}
      hint={hint}
      error={error}
      inputMode={rule === 'pattern' ? 'text' : 'decimal'}
      value={column.validation[rule]}
      onChange={(event) =>
        onChange({
          ...column,
          validation: { ...column.validation, [rule]: event.target.value },
        })
      }
    />
  );
}

function DefaultField({ column, onChange, problem, fixed }: ColumnOptionsProps) {
  const m = useMessages(designerMessages);
  const error = problem === 'default-invalid' ? m.problems[problem] : undefined;
  const set = (defaultText: string) => onChange({ ...column, defaultText });
  if (column.type === 'boolean' || column.type === 'enum') {
    const choices =
      column.type === 'boolean'
        ? [
            { value: 'true', label: m.yes },
            { value: 'false', label: m.no },
          ]
        : column.values.map((value) => ({ value, label: value }));
    return (
      <SelectField
        label={m.defaultValue}
        error={error}
        disabled={fixed}
        value={column.defaultText || '\u0000'}
        options={[{ value: '\u0000', label: m.defaultNone }, ...choices]}
        onChange={(value) => set(value === '\u0000' ? '' : value)}
      />
    );
  }
  return (
    <TextField
      label={m.defaultValue}
      hint={column.defaultLocked ? m.defaultLocked : undefined}
      error={error}
      disabled={fixed || column.defaultLocked}
      placeholder={m.defaultNone}
      value={column.defaultText}
      onChange={(event) => set(event.target.value)}
    />
  );
}

function NumberOptions({ column, onChange, fixed }: ColumnOptionsProps) {
  const m = useMessages(designerMessages);
  return (
    <>
      <SelectField<NumberKind>
        label={m.kind}
        disabled={fixed}
        value={column.kind}
        options={(Object.keys(m.kinds) as NumberKind[]).map((value) => ({
          value,
          label: m.kinds[value],
        }))}
        onChange={(kind) => onChange({ ...column, kind })}
      />
      {column.kind === 'decimal' ? (
        <>
          <TextField
            label={m.precision}
            inputMode="numeric"
            disabled={fixed}
            value={column.precision}
            onChange={(event) => onChange({ ...column, precision: event.target.value })}
          />
          <TextField
            label={m.scale}
            inputMode="numeric"
            disabled={fixed}
            value={column.scale}
            onChange={(event) => onChange({ ...column, scale: event.target.value })}
          />
        </>
      ) : null}
      {canNumber(column) ? (
        <Checkbox
          label={m.numbered}
          hint={m.numberedHint}
          checked={column.autoIncrement}
          disabled={fixed}
          onChange={(autoIncrement) => onChange({ ...column, autoIncrement })}
        />
      ) : null}
      <RuleField rule="min" label={m.min} column={column} onChange={onChange} />
      <RuleField rule="max" label={m.max} column={column} onChange={onChange} />
    </>
  );
}

function TextOptions({ column, onChange, problem, fixed }: ColumnOptionsProps) {
  const m = useMessages(designerMessages);
  return (
    <>
      <RuleField rule="minLength" label={m.minLength} column={column} onChange={onChange} />
      <TextField
        label={m.maxLength}
        inputMode="numeric"
        disabled={fixed}
        value={column.maxLength}
        onChange={(event) => onChange({ ...column, maxLength: event.target.value })}
      />
      <RuleField
        rule="pattern"
        label={m.pattern}
        hint={m.patternHint}
        error={problem === 'pattern-invalid' ? m.problems[problem] : undefined}
        column={column}
        onChange={onChange}
      />
    </>
  );
}

function RelationOptions({ column, onChange, problem, fixed }: ColumnOptionsProps) {
  const m = useMessages(designerMessages);
  const { data: tables } = useQuery(tablesQuery);
  const actions: ReferenceAction[] = ['RESTRICT', 'CASCADE', 'SET NULL', 'NO ACTION'];
  return (
    <>
      <SelectField
        label={m.relatedTable}
        error={problem === 'related-missing' ? m.problems[problem] : undefined}
        disabled={fixed}
        value={column.relatedTable}
        placeholder={m.relatedPlaceholder}
        options={(tables ?? []).map((table) => ({
          value: table.tableName,
          label: table.displayName,
          hint: table.tableName,
          icon: (
            <TableIcon icon={table.icon} color={table.color} name={table.tableName} size="sm" />
          ),
        }))}
        onChange={(relatedTable) => onChange({ ...column, relatedTable })}
      />
      <SelectField<ReferenceAction>
        label={m.onDelete}
        disabled={fixed}
        value={column.onDelete}
        options={actions.map((value) => ({ value, label: m.onDeleteChoices[value] }))}
        onChange={(onDelete) => onChange({ ...column, onDelete })}
      />
    </>
  );
}

function EnumOptions({ column, onChange, problem, fixed }: ColumnOptionsProps) {
  const m = useMessages(designerMessages);
  const [text, setText] = useState(column.values.join('\n'));
  return (
    <TextArea
      label={m.values}
      hint={m.valuesHint}
      error={problem === 'values-missing' ? m.problems[problem] : undefined}
      disabled={fixed}
      rows={4}
      value={text}
      onChange={(event) => {
        setText(event.target.value);
        const values = event.target.value.split('\n').map((line) => line.trim());
        onChange({ ...column, values: [...new Set(values.filter(Boolean))] });
      }}
    />
  );
}

/** Everything about a column that does not fit in its row. */
export function ColumnOptions(props: ColumnOptionsProps) {
  const { column, onChange, fixed } = props;
  const m = useMessages(designerMessages);
  return (
    <div className="grid grid-cols-1 gap-x-4 gap-y-3 sm:grid-cols-2 lg:grid-cols-3">
      {column.type === 'relation' ? <RelationOptions {...props} /> : null}
      {column.type === 'enum' ? <EnumOptions {...props} /> : null}
      {column.type === 'number' ? <NumberOptions {...props} /> : null}
      {column.type === 'text' ? <TextOptions {...props} /> : null}
      {column.type === 'relation' || column.type === 'binary' ? null : <DefaultField {...props} />}
      <TextField
        label={m.identifier}
        translate="no"
        value={column.name}
        spellCheck={false}
        onChange={(event) => onChange({ ...column, name: event.target.value })}
      />
      <TextField
        label={m.comment}
        value={column.comment}
        onChange={(event) => onChange({ ...column, comment: event.target.value })}
      />
      {fixed ? (
        <p className="text-muted text-xs sm:col-span-2 lg:col-span-3">{m.notChangeable}</p>
      ) : null}
    </div>
  );
}
