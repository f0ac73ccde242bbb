import { useQuery } from '@tanstack/react-query';
import { ArchiveRestore, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { personOf } from '@/features/history/describe';
import { changeIdOf, type Dropped, refreshSchema, toastChange } from '@/features/plans/actions';
import { api, path } from '@/shared/api/client';
import { settled } from '@/shared/api/jobs';
import { keys } from '@/shared/api/queries';
import type { TrashItem } from '@/shared/api/types';
import { useMessages } from '@/shared/i18n/core';
import { formatDateTime, formatNumber, formatRelative } from '@/shared/i18n/format';
import { Badge } from '@/shared/ui/badge';
import { Button } from '@/shared/ui/button';
import { ConfirmDialog } from '@/shared/ui/dialog';
import { Page } from '@/shared/ui/page';
import { EmptyState, ErrorNote, ErrorState, LoadingState } from '@/shared/ui/states';
import { Table } from '@/shared/ui/table';
import { toast } from '@/shared/ui/toast';
import { trashMessages } from './i18n';

const trash = 'api/db-editor/trash';

const columnOf = (item: TrashItem) => item.columnName ?? item.column;
const tableOf = (item: TrashItem) => item.tableName ?? item.table;

function nameOf(item: TrashItem): string {
  return item.displayName ?? columnOf(item) ?? item.name ?? tableOf(item) ?? String(item.id);
}

function kindOf(item: TrashItem): string {
  return (item.kind ?? item.type ?? (columnOf(item) ? 'column' : 'table')).toLowerCase();
}

function PurgeDialog({ item, onClose }: { item: TrashItem; onClose: () => void }) {
  const m = useMessages(trashMessages);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const name = nameOf(item);
  async function purge() {
    setBusy(true);
    setError(null);
    try {
      await api.delete(path(trash, item.id));
      await refreshSchema();
      toast({ title: m.purgedDone(name) });
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  }
  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title={m.purgeTitle(name)}
      description={m.purgeText}
      action={m.purge}
      danger
      busy={busy}
      onConfirm={() => void purge()}
    >
      <ErrorNote error={error} />
    </ConfirmDialog>
  );
}

export function TrashPage() {
  const m = useMessages(trashMessages);
  const [purging, setPurging] = useState<TrashItem>();
  const [busy, setBusy] = useState('');
  const [failure, setFailure] = useState<unknown>(null);
  const { data, error, refetch } = useQuery({
    queryKey: keys.trash,
    queryFn: async ({ signal }) => {
      const answer = await api.get<TrashItem[] | { items?: TrashItem[]; trash?: TrashItem[] }>(
        trash,
        { signal },
      );
      return Array.isArray(answer) ? answer : (answer.items ?? answer.trash ?? []);
    },
    staleTime: 0,
  });

  async function restore(item: TrashItem) {
    setBusy(item.id);
    setFailure(null);
    try {
      const answer = await settled(await api.post<Dropped>(`${path(trash, item.id)}:restore`));
      await refreshSchema();
      toastChange(m.restored(nameOf(item)), changeIdOf(answer));
    } catch (problem) {
      setFailure(problem);
    } finally {
      setBusy('');
    }
  }

  return (
    <Page title={m.title} description={m.intro}>
      <ErrorNote error={failure} className="mb-4" />
      {error && !data ? <ErrorState error={error} onRetry={() => void refetch()} /> : null}
      {!data && !error ? <LoadingState /> : null}
      {data?.length === 0 ? (
        <EmptyState icon={<Trash2 className="size-5" aria-hidden />} title={m.empty}>
          {m.emptyText}
        </EmptyState>
      ) : null}
      {data && data.length > 0 ? (
        <Table
          label={m.title}
          rows={data}
          rowKey={(item) => item.id}
          columns={[
            {
              key: 'name',
              header: m.name,
              cell: (item) => <span className="font-medium">{nameOf(item)}</span>,
            },
            {
              key: 'kind',
              header: m.kind,
              cell: (item) => <Badge>{m.kinds[kindOf(item)] ?? kindOf(item)}</Badge>,
            },
            {
              key: 'from',
              header: m.from,
              cell: (item) =>
                kindOf(item) === 'table' ? '–' : <span translate="no">{tableOf(item) ?? '–'}</span>,
            },
            {
              key: 'rows',
              header: m.rows,
              align: 'end',
              cell: (item) => {
                const rows = item.rows ?? item.rowEstimate;
                return <span className="tabular">{rows == null ? '–' : formatNumber(rows)}</span>;
              },
            },
            {
              key: 'dropped',
              header: m.dropped,
              cell: (item) => {
                const at = item.droppedAt ?? item.createdAt;
                const who = personOf(item.droppedBy);
                return (
                  <span title={formatDateTime(at)} className="whitespace-nowrap">
                    {formatRelative(at)}
                    {who ? <span className="text-muted"> {m.by(who)}</span> : null}
                  </span>
                );
              },
            },
            {
              key: 'purged',
              header: m.purged,
              cell: (item) => (
                <span className="whitespace-nowrap">
                  {formatDateTime(
                    item.purgeAt ?? item.purgeAfter ?? item.expiresAt ?? item.undoUntil,
                  )}
                </span>
              ),
            },
            {
              key: 'actions',
              header: '',
              headerLabel: m.actions,
              align: 'end',
              cell: (item) => (
                <span className="inline-flex gap-1.5">
                  <Button
                    size="sm"
                    busy={busy === item.id}
                    aria-label={m.restoreOf(nameOf(item))}
                    icon={<ArchiveRestore className="size-3.5" aria-hidden />}
                    onClick={() => void restore(item)}
                  >
                    {m.restore}
                  </Button>
                  <Button
                    size="sm"
                    variant="danger-ghost"
                    aria-label={m.purgeOf(nameOf(item))}
                    onClick={() => setPurging(item)}
                  >
                    {m.purge}
                  </Button>
                </span>
              ),
            },
          ]}
        />
      ) : null}
      {purging ? <PurgeDialog item={purging} onClose={() => setPurging(undefined)} /> : null}
    </Page>
  );
}
