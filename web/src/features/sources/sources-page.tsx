import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import {
  CircleAlert,
  CircleCheck,
  Database,
  Ellipsis,
  Plug,
  ShieldCheck,
  Table2,
  Unplug,
} from 'lucide-react';
import { useState } from 'react';
import { api, path } from '@/shared/api/client';
import { keys, sourcesQuery } from '@/shared/api/queries';
import type { SourceInfo, SourceTest } from '@/shared/api/types';
import { useMessages } from '@/shared/i18n/core';
import { Badge } from '@/shared/ui/badge';
import { buttonClass, IconButton } from '@/shared/ui/button';
import { ConfirmDialog } from '@/shared/ui/dialog';
import { describeError, uiMessages } from '@/shared/ui/i18n';
import { Menu, MenuItem, MenuSeparator } from '@/shared/ui/menu';
import { Page } from '@/shared/ui/page';
import { EmptyState, ErrorNote, ErrorState, LoadingState } from '@/shared/ui/states';
import { Table } from '@/shared/ui/table';
import { toast } from '@/shared/ui/toast';
import { errorOfTest } from './actions';
import { inSource, useSource } from './current';
import { sourcesMessages } from './i18n';

const icon = 'size-4';

function ConnectLink() {
  const m = useMessages(sourcesMessages);
  return (
    <Link to="/sources/new" className={buttonClass('primary')}>
      <Plug className={icon} aria-hidden />
      {m.connect}
    </Link>
  );
}

function RemoveDialog({ source, onClose }: { source: SourceInfo; onClose: () => void }) {
  const m = useMessages(sourcesMessages);
  const client = useQueryClient();
  const navigate = useNavigate();
  const current = useSource();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  async function remove() {
    setBusy(true);
    setError(null);
    try {
      await api.delete(path('api/db-editor/sources', source.name));
      if (current === source.name) await navigate({ to: '/sources', search: inSource('') });
      await client.invalidateQueries({ queryKey: keys.sources });
      toast({ title: m.removed(source.displayName) });
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
      title={m.removeTitle(source.displayName)}
      description={m.removeText}
      action={m.remove}
      danger
      busy={busy}
      onConfirm={() => void remove()}
    >
      <ErrorNote error={error} />
    </ConfirmDialog>
  );
}

interface SourceMenuProps {
  source: SourceInfo;
  onOpen: () => void;
  onRemove: () => void;
}

function SourceMenu({ source, onOpen, onRemove }: SourceMenuProps) {
  const m = useMessages(sourcesMessages);
  const ui = useMessages(uiMessages);
  const client = useQueryClient();
  async function test() {
    try {
      const result = await api.post<SourceTest>(
        `${path('api/db-editor/sources', source.name)}:test`,
      );
      const failure = errorOfTest(result);
      if (failure)
        toast({
          kind: 'error',
          title: describeError(ui, failure).title,
          description: [result.error?.message, result.error?.hint].filter(Boolean).join('. '),
        });
      else toast({ title: m.works(`${source.label} ${result.version ?? ''}`, result.tables ?? 0) });
    } catch (error) {
      const { title, text } = describeError(ui, error);
      toast({ kind: 'error', title, description: text });
    }
    await client.invalidateQueries({ queryKey: keys.sources });
  }
  return (
    <Menu
      trigger={
        <IconButton size="sm" label={m.actionsOf(source.displayName)}>
          <Ellipsis className={icon} aria-hidden />
        </IconButton>
      }
    >
      <MenuItem icon={<Table2 className={icon} />} onSelect={onOpen}>
        {m.open}
      </MenuItem>
      {source.can?.test ? (
        <MenuItem icon={<Plug className={icon} />} onSelect={() => void test()}>
          {m.test}
        </MenuItem>
      ) : null}
      {source.can?.update && !source.managed ? (
        <MenuItem
          icon={<Database className={icon} />}
          render={<Link to="/sources/$sourceName" params={{ sourceName: source.name }} />}
        >
          {m.change}
        </MenuItem>
      ) : null}
      {source.can?.update ? (
        <MenuItem
          icon={<ShieldCheck className={icon} />}
          render={<Link to="/sources/$sourceName/policy" params={{ sourceName: source.name }} />}
        >
          {m.policy.open}
        </MenuItem>
      ) : null}
      {source.can?.delete ? (
        <>
          <MenuSeparator />
          <MenuItem danger icon={<Unplug className={icon} />} onSelect={onRemove}>
            {m.remove}
          </MenuItem>
        </>
      ) : null}
    </Menu>
  );
}

function State({ source }: { source: SourceInfo }) {
  const m = useMessages(sourcesMessages);
  if (source.connected)
    return (
      <Badge tone="success" icon={<CircleCheck className="size-3" aria-hidden />}>
        {m.connected}
      </Badge>
    );
  return (
    <span className="flex min-w-0 flex-col items-start gap-0.5">
      <Badge tone="warning" icon={<CircleAlert className="size-3" aria-hidden />}>
        {m.notConnected}
      </Badge>
      {source.problem ? <span className="text-muted text-xs">{source.problem}</span> : null}
    </span>
  );
}

export function SourcesPage() {
  const m = useMessages(sourcesMessages);
  const navigate = useNavigate();
  const { data, error, refetch } = useQuery(sourcesQuery);
  const [removing, setRemoving] = useState<SourceInfo>();
  const open = (source: SourceInfo) =>
    void navigate({ to: '/tables', search: inSource(source.name) });
  const attached = data?.sources.filter((source) => !source.managed) ?? [];
  return (
    <Page title={m.title} description={m.intro} actions={<ConnectLink />} width="wide">
      {error && !data ? <ErrorState error={error} onRetry={() => void refetch()} /> : null}
      {!data && !error ? <LoadingState /> : null}
      {data && attached.length === 0 ? (
        <EmptyState
          icon={<Database className="size-5" aria-hidden />}
          title={m.empty}
          actions={<ConnectLink />}
        >
          {m.emptyText}
        </EmptyState>
      ) : null}
      {data && attached.length > 0 ? (
        <Table
          label={m.title}
          rows={data.sources}
          rowKey={(source) => source.name}
          columns={[
            {
              key: 'name',
              header: m.name,
              cell: (source) => (
                <button
                  type="button"
                  className="text-left font-medium hover:text-accent-text hover:underline"
                  aria-label={m.openOf(source.managed ? m.ownTables : source.displayName)}
                  onClick={() => open(source)}
                >
                  {source.managed ? m.ownTables : source.displayName}
                </button>
              ),
            },
            {
              key: 'kind',
              header: m.kind,
              cell: (source) => `${source.label} ${source.version ?? ''}`.trim(),
            },
            {
              key: 'place',
              header: m.place,
              cell: (source) => (
                <span className="break-all font-mono text-muted text-xs" translate="no">
                  {source.options?.address ?? '–'}
                </span>
              ),
            },
            {
              key: 'mode',
              header: m.mode,
              cell: (source) => (source.mode === 'read-write' ? m.readWrite : m.readOnly),
            },
            { key: 'state', header: m.state, cell: (source) => <State source={source} /> },
            {
              key: 'actions',
              header: '',
              headerLabel: m.actions,
              align: 'end',
              cell: (source) => (
                <SourceMenu
                  source={source}
                  onOpen={() => open(source)}
                  onRemove={() => setRemoving(source)}
                />
              ),
            },
          ]}
        />
      ) : null}
      {removing ? <RemoveDialog source={removing} onClose={() => setRemoving(undefined)} /> : null}
    </Page>
  );
}
