import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { tableQuery } from '@/shared/api/queries';
import type { TableInfo } from '@/shared/api/types';
import { useMessages } from '@/shared/i18n/core';
import { Button } from '@/shared/ui/button';
import { ColumnIcon } from '@/shared/ui/column-icon';
import { Select } from '@/shared/ui/fields';
import { LoadingState } from '@/shared/ui/states';
import { Table } from '@/shared/ui/table';
import { FileStep, PreviewTable, SourceBar, Steps } from './file-step';
import { importMessages } from './i18n';
import {
  autoMap,
  doubleTargets,
  fillableColumns,
  type Mapping,
  missingColumns,
  upsertColumns,
} from './mapping';
import { OptionFields } from './options';
import { type ImportOptions, useImportRun } from './run';
import { RunStep } from './run-step';
import type { Source } from './source';

const leaveOut = '\u0000';

function MappingTable({
  table,
  source,
  mapping,
  onChange,
}: {
  table: TableInfo;
  source: Source;
  mapping: Mapping;
  onChange: (mapping: Mapping) => void;
}) {
  const m = useMessages(importMessages);
  const options = [
    { value: leaveOut, label: m.leaveOut },
    ...fillableColumns(table).map((column) => ({
      value: column.name,
      label: column.displayName || column.name,
      icon: <ColumnIcon type={column.type} />,
    })),
  ];
  return (
    <Table
      label={m.mapping}
      rows={source.headers.map((header, index) => ({ header, index }))}
      rowKey={(row) => row.index}
      columns={[
        {
          key: 'header',
          header: m.fileColumn,
          cell: (row) => (
            <span className="font-medium" translate="no">
              {row.header}
            </span>
          ),
        },
        {
          key: 'examples',
          header: m.examples,
          className: 'max-w-64 truncate text-muted text-xs',
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
          key: 'target',
          header: m.target,
          className: 'w-64',
          cell: (row) => (
            <Select
              label={m.targetOf(row.header)}
              value={mapping[row.index] || leaveOut}
              options={options}
              onChange={(value) =>
                onChange(
                  mapping.map((target, index) =>
                    index === row.index ? (value === leaveOut ? '' : value) : target,
                  ),
                )
              }
            />
          ),
        },
      ]}
    />
  );
}

function Wizard({ table }: { table: TableInfo }) {
  const m = useMessages(importMessages);
  const [source, setSource] = useState<Source>();
  const [mapping, setMapping] = useState<Mapping>([]);
  const [options, setOptions] = useState<ImportOptions>({ mode: 'all-or-nothing', upsert: '' });
  const run = useImportRun();

  function take(next: Source) {
    setSource(next);
    setMapping(autoMap(next.headers, fillableColumns(table)));
  }

  if (!source)
    return (
      <>
        <Steps at={0} />
        <FileStep onSource={take} />
      </>
    );
  const start = (dryRun: boolean) =>
    void run.start(table.tableName, source, mapping, options, dryRun);
  if (run.state.step !== 'idle')
    return (
      <>
        <Steps at={2} />
        <RunStep
          run={run}
          tableName={table.tableName}
          onBack={run.reset}
          onImport={() => start(false)}
        />
      </>
    );
  const double = doubleTargets(mapping).size > 0;
  const nothing = mapping.every((target) => target === '');
  const missing = missingColumns(table, mapping);
  return (
    <>
      <Steps at={1} />
      <SourceBar source={source} onSource={take} onReset={() => setSource(undefined)} />
      <h2 className="mb-2 font-medium text-base">{m.mapping}</h2>
      <MappingTable table={table} source={source} mapping={mapping} onChange={setMapping} />
      <div role="status" className="mt-2 text-sm">
        {double ? <p className="text-danger-text">{m.doubleTarget}</p> : null}
        {nothing ? <p className="text-danger-text">{m.nothingMapped}</p> : null}
        {missing.length > 0 ? (
          <p className="text-warning">{m.missing(missing.join(', '))}</p>
        ) : null}
      </div>
      <OptionFields
        options={options}
        onChange={setOptions}
        keyColumns={upsertColumns(table, mapping)}
      />
      <div className="mt-5 flex flex-wrap gap-2">
        <Button disabled={double || nothing} onClick={() => start(true)}>
          {m.check}
        </Button>
        <Button variant="primary" disabled={double || nothing} onClick={() => start(false)}>
          {m.start}
        </Button>
      </div>
      <PreviewTable source={source} />
    </>
  );
}

/** Rows of a file into an existing table. */
export function ImportPage() {
  const { tableName } = useParams({ from: '/shell/source/tables/$tableName/import' });
  const { data: table } = useQuery(tableQuery(tableName));
  if (!table) return <LoadingState />;
  return (
    <div className="scroll-thin min-h-0 flex-1 overflow-y-auto">
      <div className="mx-auto w-full max-w-5xl px-5 py-5 sm:px-8">
        <Wizard key={tableName} table={table} />
      </div>
    </div>
  );
}
