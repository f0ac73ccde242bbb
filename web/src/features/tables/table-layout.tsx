import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useParams } from '@tanstack/react-router';
import { BookOpenText, Columns3, FileUp, History, Table2 } from 'lucide-react';
import { useSource } from '@/features/sources/current';
import { tableQuery } from '@/shared/api/queries';
import { useMessages } from '@/shared/i18n/core';
import { ErrorState } from '@/shared/ui/states';
import { TableIcon } from '@/shared/ui/table-icon';
import { tablesMessages } from './i18n';
import { TableMenu } from './table-menu';

const tabs = [
  { to: '/tables/$tableName/data', label: 'tabData', Icon: Table2 },
  { to: '/tables/$tableName/schema', label: 'tabSchema', Icon: Columns3 },
  { to: '/tables/$tableName/import', label: 'tabImport', Icon: FileUp },
  { to: '/tables/$tableName/api', label: 'tabApi', Icon: BookOpenText },
  { to: '/tables/$tableName/history', label: 'tabHistory', Icon: History },
] as const;

/** Name and parts of one table; the parts fill the rest. */
export function TableLayout() {
  const m = useMessages(tablesMessages);
  const { tableName } = useParams({ from: '/shell/source/tables/$tableName' });
  const { data: table, error, refetch } = useQuery(tableQuery(tableName));
  const source = useSource();
  const name = table?.displayName ?? tableName;
  // An attached table has no API of its own; rows go in only where they may.
  const shown = tabs.filter(
    ({ label }) =>
      !source || (label !== 'tabApi' && (label !== 'tabImport' || table?.can?.create === true)),
  );
  if (error && !table)
    return (
      <>
        <h1 className="sr-only">{tableName}</h1>
        <ErrorState error={error} onRetry={() => void refetch()} />
      </>
    );
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <title>{`${name} · Telaio`}</title>
      <header className="flex flex-wrap items-center gap-x-3 gap-y-1 border-border border-b bg-surface px-4">
        <div className="flex h-11 min-w-0 items-center gap-2">
          <TableIcon icon={table?.icon} color={table?.color} name={tableName} size="sm" />
          <h1 className="truncate font-semibold text-base">{name}</h1>
        </div>
        <nav aria-label={m.tabs} className="flex min-w-0 flex-1 gap-0.5 overflow-x-auto">
          {shown.map(({ to, label, Icon }) => (
            <Link
              key={to}
              to={to}
              params={{ tableName }}
              activeProps={{ 'aria-current': 'page' }}
              className="-mb-px flex h-11 items-center gap-1.5 border-transparent border-b-2 px-2.5 font-medium text-muted text-sm hover:text-text aria-[current=page]:border-accent aria-[current=page]:text-text"
            >
              <Icon className="size-3.5" aria-hidden />
              {m[label]}
            </Link>
          ))}
        </nav>
        {table ? (
          <div>
            <TableMenu table={table} />
          </div>
        ) : null}
      </header>
      <Outlet />
    </div>
  );
}
