import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import clsx from 'clsx';
import { ChevronDown, History, Undo2 } from 'lucide-react';
import { useId, useState } from 'react';
import { PlannedDialog } from '@/features/plans/drop-dialog';
import { planMessages } from '@/features/plans/i18n';
import { planScript } from '@/features/plans/plan-review';
import { path } from '@/shared/api/client';
import { changeQuery, changesQuery, tablesQuery } from '@/shared/api/queries';
import type { Change } from '@/shared/api/types';
import { useMessages } from '@/shared/i18n/core';
import { formatDateTime, formatRelative } from '@/shared/i18n/format';
import { Badge, type Tone } from '@/shared/ui/badge';
import { Button, IconButton } from '@/shared/ui/button';
import { Code } from '@/shared/ui/code';
import { Select } from '@/shared/ui/fields';
import { Page } from '@/shared/ui/page';
import { EmptyState, ErrorNote, ErrorState, LoadingState } from '@/shared/ui/states';
import {
  canUndo,
  concerns,
  describeChange,
  describeOperation,
  type NameOf,
  personOf,
} from './describe';
import { historyMessages } from './i18n';

function toneOf(state: string): Tone {
  if (/fail/i.test(state)) return 'danger';
  if (/undone|rolled/i.test(state)) return 'neutral';
  return /run|pend|plan/i.test(state) ? 'warning' : 'success';
}

/** The names that tables have on the screen. */
function useTableNames(): NameOf {
  const { data: tables } = useQuery(tablesQuery);
  return (name) => tables?.find((table) => table.tableName === name)?.displayName || name;
}

/** The statements of a change; a list may leave them out, so they are asked for on opening. */
function Details({ change }: { change: Change }) {
  const m = useMessages(historyMessages);
  const nameOf = useTableNames();
  const { data, error } = useQuery({
    ...changeQuery(change.changeId),
    enabled: !change.steps,
  });
  const steps = change.steps ?? data?.steps;
  return (
    <div className="px-4 pb-3">
      {change.operations.length > 1 ? (
        <ul className="mb-2 list-disc pl-5 text-sm">
          {change.operations.map((operation, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the operations of a change never move
            <li key={index}>{describeOperation(m, operation, nameOf)}</li>
          ))}
        </ul>
      ) : null}
      {steps ? (
        <Code code={planScript(steps)} language="sql" label={m.details} wrap className="max-h-80" />
      ) : error ? (
        <ErrorNote error={error} />
      ) : (
        <LoadingState rows={1} />
      )}
    </div>
  );
}

function ChangeItem({ change, openAtFirst }: { change: Change; openAtFirst: boolean }) {
  const m = useMessages(historyMessages);
  const p = useMessages(planMessages);
  const id = useId();
  const [open, setOpen] = useState(openAtFirst);
  const [undoing, setUndoing] = useState(false);
  const text = describeChange(m, change, useTableNames());
  const who = personOf(change.createdBy);
  const undoable = canUndo(change);
  const state = change.undoneBy ? 'undone' : change.state.toLowerCase();
  return (
    <li className="border-border border-b last:border-b-0">
      <div className="flex items-center gap-3 px-3 py-2">
        <IconButton
          label={`${m.details}: ${text}`}
          size="sm"
          aria-expanded={open}
          aria-controls={`${id}-details`}
          onClick={() => setOpen(!open)}
        >
          <ChevronDown
            className={clsx('size-4 transition-transform', open && 'rotate-180')}
            aria-hidden
          />
        </IconButton>
        <div className="min-w-0 flex-1">
          <p className="truncate text-sm">
            {text}
            {change.undoOf ? <span className="ml-2 text-muted text-xs">{m.undoOf}</span> : null}
          </p>
          <p className="truncate text-muted text-xs">
            <time dateTime={change.createdAt} title={formatDateTime(change.createdAt)}>
              {formatRelative(change.createdAt)}
            </time>
            {who ? ` · ${m.by(who)}` : ''}
            {undoable && change.undoUntil
              ? ` · ${m.undoUntil(formatDateTime(change.undoUntil))}`
              : ''}
          </p>
        </div>
        <Badge tone={toneOf(state)}>{m.states[state] ?? change.state}</Badge>
        {undoable ? (
          <Button
            size="sm"
            aria-label={`${m.undo}: ${text}`}
            icon={<Undo2 className="size-3.5" aria-hidden />}
            onClick={() => setUndoing(true)}
          >
            {m.undo}
          </Button>
        ) : null}
      </div>
      <div id={`${id}-details`} hidden={!open}>
        {open ? <Details change={change} /> : null}
      </div>
      <PlannedDialog
        open={undoing}
        onOpenChange={setUndoing}
        title={`${p.undoTitle}: ${text}`}
        description={p.undoText}
        action={p.undoAction}
        danger={false}
        method="POST"
        url={`${path('api/db-editor/changes', change.changeId)}:undo`}
        doneTitle={p.undone}
      />
    </li>
  );
}

function ChangeList({ tableName, opened }: { tableName?: string; opened?: string }) {
  const m = useMessages(historyMessages);
  const { data, error, refetch } = useQuery({ ...changesQuery, staleTime: 0 });
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <LoadingState />;
  const shown = tableName ? data.filter((change) => concerns(change, tableName)) : data;
  if (shown.length === 0)
    return (
      <EmptyState icon={<History className="size-5" aria-hidden />} title={m.empty}>
        {m.emptyText}
      </EmptyState>
    );
  return (
    <ol className="overflow-hidden rounded-lg border border-border bg-surface shadow-card">
      {shown.map((change) => (
        <ChangeItem
          key={change.changeId}
          change={change}
          openAtFirst={change.changeId === opened}
        />
      ))}
    </ol>
  );
}

export function HistoryPage() {
  const m = useMessages(historyMessages);
  const search = useSearch({ from: '/shell/source/history' });
  const navigate = useNavigate();
  const { data: tables } = useQuery(tablesQuery);
  const all = '\u0000';
  return (
    <Page
      title={m.title}
      description={m.intro}
      actions={
        <Select
          label={m.table}
          className="w-52"
          value={search.table ?? all}
          options={[
            { value: all, label: m.all },
            ...(tables ?? []).map((table) => ({
              value: table.tableName,
              label: table.displayName,
            })),
          ]}
          onChange={(value) =>
            void navigate({ to: '/history', search: value === all ? {} : { table: value } })
          }
        />
      }
    >
      <ChangeList
        {...(search.table ? { tableName: search.table } : {})}
        {...(search.change ? { opened: search.change } : {})}
      />
    </Page>
  );
}

/** The same, of one table. */
export function TableHistoryPage() {
  const m = useMessages(historyMessages);
  const { tableName } = useParams({ from: '/shell/source/tables/$tableName/history' });
  return (
    <div className="scroll-thin min-h-0 flex-1 overflow-y-auto">
      <div className="mx-auto w-full max-w-5xl px-5 py-5 sm:px-8">
        <p className="mb-4 max-w-2xl text-muted text-sm">{m.intro}</p>
        <ChangeList tableName={tableName} />
      </div>
    </div>
  );
}
