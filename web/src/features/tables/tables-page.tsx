import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { FileUp, Plus, Search, Table2 } from 'lucide-react';
import { useState } from 'react';
import { systemColumns } from '@/features/designer/model';
import { tablesQuery } from '@/shared/api/queries';
import type { TableInfo } from '@/shared/api/types';
import { useMessages } from '@/shared/i18n/core';
import { compareNames, formatCompact, formatRelative } from '@/shared/i18n/format';
import { scoreMatch } from '@/shared/lib/commands';
import { Button, buttonClass } from '@/shared/ui/button';
import { inputClass } from '@/shared/ui/fields';
import { Page } from '@/shared/ui/page';
import { EmptyState, ErrorState, LoadingState } from '@/shared/ui/states';
import { TableIcon } from '@/shared/ui/table-icon';
import { tablesMessages } from './i18n';
import { TableMenu } from './table-menu';

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
    m.columns(table.columns.filter((column) => !systemColumns.has(column.name)).length),
    table.updatedAt ? m.changed(formatRelative(table.updatedAt)) : '',
  ].filter(Boolean);
  return (
    <li className="group relative flex items-center gap-3 border-border border-b px-3 py-2.5 last:border-b-0 hover:bg-surface-2/60">
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
    </li>
  );
}

export function TablesPage() {
  const m = useMessages(tablesMessages);
  const { data, error, refetch } = useQuery(tablesQuery);
  const [filter, setFilter] = useState('');
  const shown = [...(data ?? [])]
    .filter((table) => scoreMatch(filter, `${table.displayName} ${table.tableName}`) >= 0)
    .sort((a, b) => compareNames(a.displayName, b.displayName));
  const empty = data?.length === 0;

  return (
    <Page title={m.title} description={m.intro} actions={empty ? null : <CreateLinks />}>
      {error ? <ErrorState error={error} onRetry={() => void refetch()} /> : null}
      {!data && !error ? <LoadingState /> : null}
      {empty ? (
        <EmptyState
          icon={<Table2 className="size-5" aria-hidden />}
          title={m.emptyTitle}
          actions={<CreateLinks />}
        >
          {m.emptyText}
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
            <ul className="overflow-hidden rounded-lg border border-border bg-surface shadow-card">
              {shown.map((table) => (
                <TableCard key={table.tableName} table={table} />
              ))}
            </ul>
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
