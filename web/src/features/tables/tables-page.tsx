import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { FileUp, Plus, Search, Table2 } from 'lucide-react';
import { useMemo, useState } from 'react';
import { systemColumns } from '@/features/designer/model';
import { inSource, useCurrentSource } from '@/features/sources/current';
import { sourcesMessages } from '@/features/sources/i18n';
import { tablesQuery } from '@/shared/api/queries';
import type { TableInfo } from '@/shared/api/types';
import { useLanguage, useMessages } from '@/shared/i18n/core';
import { compareNames, formatCompact, formatRelative } from '@/shared/i18n/format';
import { scoreMatch } from '@/shared/lib/commands';
import { Button, buttonClass } from '@/shared/ui/button';
import { inputClass } from '@/shared/ui/fields';
import { Page } from '@/shared/ui/page';
import { EmptyState, ErrorState, LoadingState } from '@/shared/ui/states';
import { TableIcon } from '@/shared/ui/table-icon';
import { VirtualList } from '@/shared/ui/virtual-list';
import { tablesMessages } from './i18n';
import { TableMenu } from './table-menu';

/** Of a table in a long list, where none has a description. */
const cardHeight = 57;

function CreateLinks({ primary = true }: { primary?: boolean }) {
  const m = useMessages(tablesMessages);
  return (
    <>
      <Link to="/tables/from-file" className={buttonClass('secondary')}>
        <FileUp className="size-4" aria-hidden />
        {m.fromFile}
      </Link>
      <Link to="/tables/new" className={buttonClass(primary ? 'primary' : 'secondary')}>
        <Plus className="size-4" aria-hidden />
        {m.newTable}
      </Link>
    </>
  );
}

function TableCard({ table }: { table: TableInfo }) {
  const m = useMessages(tablesMessages);
  const facts = [
    table.rowEstimate == null ? '' : m.rows(table.rowEstimate, formatCompact(table.rowEstimate)),
    m.columns(
      table.columns.filter((column) => table.managed === false || !systemColumns.has(column.name))
        .length,
    ),
    table.updatedAt ? m.changed(formatRelative(table.updatedAt)) : '',
  ].filter(Boolean);
  return (
    <div className="group relative flex h-full items-center gap-3 border-border border-b px-3 py-2.5 hover:bg-surface-2/60">
      <TableIcon icon={table.icon} color={table.color} name={table.tableName} />
      <div className="min-w-0 flex-1">
        <p className="flex min-w-0 items-baseline gap-2">
          <Link
            to="/tables/$tableName/data"
            params={{ tableName: table.tableName }}
            className="truncate font-medium after:absolute after:inset-0"
          >
            {table.displayName}
          </Link>
          <span className="truncate font-mono text-muted text-xs" translate="no">
            {table.tableName}
          </span>
        </p>
        {table.description ? (
          <p className="truncate text-muted text-sm">{table.description}</p>
        ) : null}
      </div>
      <p className="tabular hidden shrink-0 text-muted text-xs sm:block">{facts.join(' · ')}</p>
      <div className="relative">
        <TableMenu table={table} />
      </div>
    </div>
  );
}

/** What an attached database is, in one line. */
function SourceFacts({ name }: { name: string }) {
  const s = useMessages(sourcesMessages);
  const { source } = useCurrentSource();
  if (!source) return name;
  const mode = source.mode === 'read-only' ? s.readOnly : s.readWrite;
  return [`${source.label} ${source.version ?? ''}`.trim(), mode].join(' · ');
}

export function TablesPage() {
  const m = useMessages(tablesMessages);
  const s = useMessages(sourcesMessages);
  const { data, error, refetch } = useQuery(tablesQuery);
  const [filter, setFilter] = useState('');
  const language = useLanguage();
  // biome-ignore lint/correctness/useExhaustiveDependencies: names are in the order of a language
  const shown = useMemo(
    () =>
      (data ?? [])
        .filter((table) => scoreMatch(filter, `${table.displayName} ${table.tableName}`) >= 0)
        .sort((a, b) => compareNames(a.displayName, b.displayName)),
    [data, filter, language],
  );
  const empty = data?.length === 0;
  const { name, source } = useCurrentSource();
  const create = source?.mode === 'read-only' ? null : <CreateLinks />;

  return (
    <Page
      title={name ? (source?.displayName ?? name) : m.title}
      description={name ? <SourceFacts name={name} /> : m.intro}
      actions={empty ? null : create}
    >
      {error ? <ErrorState error={error} onRetry={() => void refetch()} /> : null}
      {error && name ? (
        <p className="text-center">
          <Link to="/tables" search={inSource('')} className={buttonClass('secondary')}>
            {s.backToOwn}
          </Link>
        </p>
      ) : null}
      {!data && !error ? <LoadingState /> : null}
      {empty ? (
        <EmptyState
          icon={<Table2 className="size-5" aria-hidden />}
          title={name ? m.emptySource : m.emptyTitle}
          actions={create}
        >
          {name ? m.emptySourceText : m.emptyText}
        </EmptyState>
      ) : null}
      {data && !empty ? (
        <>
          <div className="relative mb-3 max-w-sm">
            <Search className="absolute top-2 left-2.5 size-4 text-muted" aria-hidden />
            <input
              type="search"
              aria-label={m.search}
              placeholder={m.search}
              value={filter}
              onChange={(event) => setFilter(event.target.value)}
              className={`${inputClass} pl-8`}
            />
          </div>
          {shown.length > 0 ? (
            <VirtualList
              items={shown}
              itemKey={(table) => table.tableName}
              height={cardHeight}
              className="overflow-hidden rounded-lg border border-border bg-surface shadow-card [&>li:last-child>div]:border-b-0"
            >
              {(table) => <TableCard table={table} />}
            </VirtualList>
          ) : (
            <EmptyState
              title={m.noMatch}
              actions={<Button onClick={() => setFilter('')}>{m.clearSearch}</Button>}
            />
          )}
        </>
      ) : null}
    </Page>
  );
}
