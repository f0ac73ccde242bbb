import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { api, path } from '@/shared/api/client';
import { keys } from '@/shared/api/queries';
import type { Tenant } from '@/shared/api/types';
import { useMessages } from '@/shared/i18n/core';
import { formatDateTime } from '@/shared/i18n/format';
import { Badge } from '@/shared/ui/badge';
import { Button } from '@/shared/ui/button';
import { Dialog } from '@/shared/ui/dialog';
import { TextField } from '@/shared/ui/fields';
import { uiMessages } from '@/shared/ui/i18n';
import { Page } from '@/shared/ui/page';
import { ErrorNote, ErrorState, LoadingState } from '@/shared/ui/states';
import { Table } from '@/shared/ui/table';
import { toast } from '@/shared/ui/toast';
import { adminMessages } from './i18n';
import { isActive } from './is-active';

function NewTenantDialog({ onClose }: { onClose: () => void }) {
  const m = useMessages(adminMessages);
  const ui = useMessages(uiMessages);
  const client = useQueryClient();
  const [slug, setSlug] = useState('');
  const [name, setName] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  async function add() {
    setBusy(true);
    setError(null);
    try {
      await api.post('api/tenants', {
        slug: slug.trim(),
        ...(name.trim() ? { name: name.trim() } : {}),
      });
      await client.invalidateQueries({ queryKey: keys.tenants });
      toast({ title: m.tenantAdded(name.trim() || slug.trim()) });
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  }
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={m.addTenant}
      onSubmit={() => void add()}
      footer={
        <>
          <Button onClick={onClose}>{ui.cancel}</Button>
          <Button type="submit" variant="primary" busy={busy}>
            {m.addTenant}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <TextField
          label={m.slug}
          hint={m.slugHint}
          pattern="[a-z][a-z0-9\-]*"
          required
          spellCheck={false}
          value={slug}
          onChange={(event) => setSlug(event.target.value)}
        />
        <TextField label={m.name} value={name} onChange={(event) => setName(event.target.value)} />
        <ErrorNote error={error} />
      </div>
    </Dialog>
  );
}

export function TenantsPage() {
  const m = useMessages(adminMessages);
  const client = useQueryClient();
  const [adding, setAdding] = useState(false);
  const [busy, setBusy] = useState('');
  const [failure, setFailure] = useState<unknown>(null);
  const { data, error, refetch } = useQuery({
    queryKey: keys.tenants,
    queryFn: async ({ signal }) => {
      const answer = await api.get<Tenant[] | { tenants: Tenant[] }>('api/tenants', { signal });
      return Array.isArray(answer) ? answer : answer.tenants;
    },
  });

  async function toggle(tenant: Tenant) {
    setBusy(tenant.slug);
    setFailure(null);
    const name = tenant.name || tenant.slug;
    try {
      await api.patch(path('api/tenants', tenant.slug), { isActive: !isActive(tenant) });
      await client.invalidateQueries({ queryKey: keys.tenants });
      toast({ title: isActive(tenant) ? m.tenantDisabled(name) : m.tenantEnabled(name) });
    } catch (problem) {
      setFailure(problem);
    } finally {
      setBusy('');
    }
  }

  return (
    <Page
      title={m.tenantsTitle}
      description={m.tenantsIntro}
      actions={
        <Button
          variant="primary"
          icon={<Plus className="size-4" aria-hidden />}
          onClick={() => setAdding(true)}
        >
          {m.addTenant}
        </Button>
      }
    >
      <ErrorNote error={failure} className="mb-4" />
      {error && !data ? <ErrorState error={error} onRetry={() => void refetch()} /> : null}
      {!data && !error ? <LoadingState /> : null}
      {data ? (
        <Table
          label={m.tenantsTitle}
          rows={data}
          rowKey={(tenant) => tenant.slug}
          columns={[
            {
              key: 'name',
              header: m.name,
              cell: (tenant) => <span className="font-medium">{tenant.name || tenant.slug}</span>,
            },
            {
              key: 'slug',
              header: m.slug,
              cell: (tenant) => (
                <span className="font-mono text-xs" translate="no">
                  {tenant.slug}
                </span>
              ),
            },
            {
              key: 'created',
              header: m.created,
              cell: (tenant) => formatDateTime(tenant.createdAt),
            },
            {
              key: 'status',
              header: m.status,
              cell: (tenant) => (
                <Badge tone={isActive(tenant) ? 'success' : 'neutral'}>
                  {isActive(tenant) ? m.active : m.disabled}
                </Badge>
              ),
            },
            {
              key: 'actions',
              header: '',
              headerLabel: m.actions,
              align: 'end',
              cell: (tenant) =>
                tenant.slug === 'main' ? null : (
                  <Button
                    size="sm"
                    variant={isActive(tenant) ? 'danger-ghost' : 'secondary'}
                    busy={busy === tenant.slug}
                    aria-label={
                      isActive(tenant)
                        ? m.disableOf(tenant.name || tenant.slug)
                        : m.enableOf(tenant.name || tenant.slug)
                    }
                    onClick={() => void toggle(tenant)}
                  >
                    {isActive(tenant) ? m.disable : m.enable}
                  </Button>
                ),
            },
          ]}
        />
      ) : null}
      {adding ? <NewTenantDialog onClose={() => setAdding(false)} /> : null}
    </Page>
  );
}
