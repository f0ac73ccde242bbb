import { useState } from 'react';
import { designerMessages } from '@/features/designer/i18n';
import {
  columnSpec,
  type DraftColumn,
  emptyColumn,
  labelColumn,
  toIdentifier,
  toTitle,
} from '@/features/designer/model';
import { ReviewDialog } from '@/features/designer/review-dialog';
import { refreshSchema } from '@/features/plans/actions';
import { api } from '@/shared/api/client';
import type { ColumnType, Plan, TableSpec } from '@/shared/api/types';
import { useMessages } from '@/shared/i18n/core';
import { Button } from '@/shared/ui/button';
import { ColumnIcon } from '@/shared/ui/column-icon';
import { Checkbox, inputClass, Select, TextField } from '@/shared/ui/fields';
import { Page } from '@/shared/ui/page';
import { Table } from '@/shared/ui/table';
import { FileStep, PreviewTable, SourceBar, Steps } from './file-step';
import { guessType } from './guess';
import { importMessages } from './i18n';
import { OptionFields } from './options';
import { type ImportOptions, useImportRun } from './run';
import { RunStep } from './run-step';
import type { Source } from './source';

interface Planned {
  included: boolean;
  column: DraftColumn;
}

type Choice = 'integer' | 'decimal' | Exclude<ColumnType, 'number'>;
const choices: Choice[] = [
  'text',
  'integer',
  'decimal',
  'boolean',
  'date',
  'datetime',
  'time',
  'json',
  'uuid',
];

const choiceOf = (column: DraftColumn): Choice => {
  if (column.type !== 'number') return column.type;
  return column.kind === 'integer' || column.kind === 'bigint' ? 'integer' : 'decimal';
};

/** Columns for the columns of a file: named after them, of the narrowest type that fits. */
export function planColumns(source: Source): Planned[] {
  const taken = new Set(['id', 'tenant_id', 'created_at', 'updated_at', 'created_by']);
  return source.headers.map((header, index) => {
    const guess = guessType(source.rows.map((row) => row[index] ?? ''));
    let name = toIdentifier(header) || `column_${index + 1}`;
    while (taken.has(name)) name = `${name}_${index + 1}`;
    taken.add(name);
    const label = header === name ? header : header || name;
    return {
      included: true,
      column: { ...emptyColumn(guess.type), kind: guess.kind, name, displayName: label },
    };
  });
}

function ColumnsTable({
  source,
  planned,
  onChange,
}: {
  source: Source;
  planned: Planned[];
  onChange: (planned: Planned[]) => void;
}) {
  const m = useMessages(importMessages);
  const d = useMessages(designerMessages);
  const set = (index: number, next: Partial<Planned>) =>
    onChange(planned.map((item, at) => (at === index ? { ...item, ...next } : item)));
  const label = (choice: Choice) =>
    choice === 'integer' ? m.wholeNumber : choice === 'decimal' ? m.decimalNumber : d.types[choice];
  return (
    <Table
      label={m.columnsOfNew}
      rows={planned.map((item, index) => ({ ...item, index, header: source.headers[index] ?? '' }))}
      rowKey={(row) => row.column.key}
      columns={[
        {
          key: 'header',
          header: m.fileColumn,
          cell: (row) => (
            <Checkbox
              label={<span translate="no">{row.header || '–'}</span>}
              checked={row.included}
              onChange={(included) => set(row.index, { included })}
            />
          ),
        },
        {
          key: 'examples',
          header: m.examples,
          className: 'max-w-56 truncate text-muted text-xs',
          cell: (row) => (
            <span translate="no">
              {source.rows
                .slice(0, 50)
                .map((values) => values[row.index] ?? '')
                .filter(Boolean)
                .slice(0, 3)
                .join(' · ')}
            </span>
          ),
        },
        {
          key: 'name',
          header: d.columnName,
          cell: (row) => (
            <input
              type="text"
              aria-label={m.nameOf(row.header)}
              value={row.column.displayName}
              disabled={!row.included}
              onChange={(event) =>
                set(row.index, { column: labelColumn(row.column, event.target.value) })
              }
              className={`${inputClass} min-w-32`}
            />
          ),
        },
        {
          key: 'type',
          header: d.type,
          className: 'w-52',
          cell: (row) => (
            <Select<Choice>
              label={m.typeOf(row.header)}
              value={choiceOf(row.column)}
              disabled={!row.included}
              options={choices.map((choice) => ({
                value: choice,
                label: label(choice),
                icon: (
                  <ColumnIcon
                    type={choice === 'integer' || choice === 'decimal' ? 'number' : choice}
                  />
                ),
              }))}
              onChange={(choice) =>
                set(row.index, {
                  column: {
                    ...row.column,
                    ...(choice === 'integer' || choice === 'decimal'
                      ? { type: 'number', kind: choice === 'integer' ? 'bigint' : 'float' }
                      : { type: choice }),
                  },
                })
              }
            />
          ),
        },
        {
          key: 'unique',
          header: d.unique,
          cell: (row) => (
            <Checkbox
              label={d.unique}
              hideLabel
              checked={row.column.unique}
              disabled={!row.included}
              onChange={(unique) => set(row.index, { column: { ...row.column, unique } })}
            />
          ),
        },
      ]}
    />
  );
}

/** A new table whose columns come from a file, and the rows of it. */
export function FromFilePage() {
  const m = useMessages(importMessages);
  const d = useMessages(designerMessages);
  const [source, setSource] = useState<Source>();
  const [name, setName] = useState('');
  const [planned, setPlanned] = useState<Planned[]>([]);
  const [options, setOptions] = useState<ImportOptions>({ mode: 'all-or-nothing', upsert: '' });
  const [strict, setStrict] = useState(false);
  const [reviewing, setReviewing] = useState(false);
  const [plan, setPlan] = useState<Plan>();
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const [made, setMade] = useState('');
  const run = useImportRun();

  function take(next: Source) {
    setSource(next);
    setPlanned(planColumns(next));
    if (!name) setName(toTitle(next.file.name.replace(/\.[^.]+$/, '').replace(/[-.]/g, '_')));
  }

  const included = planned.filter((item) => item.included);
  const mapping = planned.map((item) => (item.included ? item.column.name : ''));
  const spec: TableSpec = {
    displayName: name.trim(),
    columns: included.map((item) => columnSpec(item.column)),
  };

  async function review() {
    setStrict(true);
    if (!spec.displayName || included.length === 0) return;
    setPlan(undefined);
    setError(null);
    setReviewing(true);
    try {
      setPlan(await api.post<Plan>('api/db-editor/tables', spec, { query: { dryRun: true } }));
    } catch (failure) {
      setError(failure);
    }
  }

  async function create() {
    if (!source) return;
    setBusy(true);
    setError(null);
    try {
      const table = await api.post<{ tableName: string }>('api/db-editor/tables', spec);
      setMade(table.tableName);
      setReviewing(false);
      await refreshSchema();
      void run.start(table.tableName, source, mapping, options, false);
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  }

  function importAgain() {
    if (source && made) void run.start(made, source, mapping, options, false);
  }

  return (
    <Page title={m.fromFileTitle} description={m.fromFileText}>
      <Steps at={made ? 2 : source ? 1 : 0} />
      {source ? null : <FileStep onSource={take} />}
      {source && !made ? (
        <>
          <SourceBar source={source} onSource={take} onReset={() => setSource(undefined)} />
          <TextField
            label={m.newTableName}
            className="mb-5 max-w-sm"
            value={name}
            error={strict && !name.trim() ? d.tableNameMissing : undefined}
            onChange={(event) => setName(event.target.value)}
          />
          <h2 className="mb-2 font-medium text-base">{m.columnsOfNew}</h2>
          <ColumnsTable source={source} planned={planned} onChange={setPlanned} />
          {strict && included.length === 0 ? (
            <p role="alert" className="mt-2 text-danger-text text-sm">
              {m.nothingMapped}
            </p>
          ) : null}
          <OptionFields options={options} onChange={setOptions} keyColumns={[]} />
          <div className="mt-5 flex gap-2">
            <Button variant="primary" onClick={() => void review()}>
              {m.reviewCreate}
            </Button>
          </div>
          <PreviewTable source={source} />
        </>
      ) : null}
      {made && source ? (
        <>
          <RunStep
            run={run}
            tableName={made}
            backLabel={m.start}
            onBack={importAgain}
            onImport={importAgain}
          />
          {run.state.step === 'failed' || run.state.step === 'stopped' ? (
            <OptionFields options={options} onChange={setOptions} keyColumns={[]} />
          ) : null}
        </>
      ) : null}
      {reviewing ? (
        <ReviewDialog
          title={d.reviewTitleNew(spec.displayName)}
          action={m.createAndImport}
          plan={plan}
          error={error}
          busy={busy}
          onConfirm={() => void create()}
          onClose={() => setReviewing(false)}
        />
      ) : null}
    </Page>
  );
}
