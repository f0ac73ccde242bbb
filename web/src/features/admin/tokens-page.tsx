import { useQuery, useQueryClient } from '@tanstack/react-query';
import { KeyRound, Plus } from 'lucide-react';
import { useState } from 'react';
import { api, path } from '@/shared/api/client';
import { keys } from '@/shared/api/queries';
import type { ApiToken } from '@/shared/api/types';
import { useMessages } from '@/shared/i18n/core';
import { formatDateTime, formatRelative } from '@/shared/i18n/format';
import { Button } from '@/shared/ui/button';
import { Code } from '@/shared/ui/code';
import { ConfirmDialog, Dialog } from '@/shared/ui/dialog';
import { SelectField, TextArea, TextField } from '@/shared/ui/fields';
import { uiMessages } from '@/shared/ui/i18n';
import { Page } from '@/shared/ui/page';
import { EmptyState, ErrorNote, ErrorState, LoadingState } from '@/shared/ui/states';
import { Table } from '@/shared/ui/table';
import { toast } from '@/shared/ui/toast';
import { adminMessages } from './i18n';

const terms = ['0', '30', '90', '365'] as const;
type Term = (typeof terms)[number];

function NewTokenDialog({ onClose }: { onClose: () => void }) {
  const m = useMessages(adminMessages);
  const ui = useMessages(uiMessages);
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [term, setTerm] = useState<Term>('90');
  const [allow, setAllow] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [secret, setSecret] = useState('');

  async function make() {
    setBusy(true);
    setError(null);
    const patterns = allow
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean);
    try {
      const made = await api.post<ApiToken>('api/tokens', {
        name: name.trim(),
        ...(term === '0'
          ? {}
          : { expiresAt: new Date(Date.now() + Number(term) * 86_400_000).toISOString() }),
        ...(patterns.length > 0 ? { allow: patterns } : {}),
      });
      setSecret(made.token ?? made.secret ?? '');
      await client.invalidateQueries({ queryKey: keys.tokens });
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  }

  if (secret)
    return (
      <Dialog
        open
        onOpenChange={onClose}
        title={m.tokenMade}
        description={m.tokenOnce}
        footer={
          <Button variant="primary" onClick={onClose}>
            {m.done}
          </Button>
        }
      >
        <Code code={secret} language="text" label={m.tokenMade} wrap />
      </Dialog>
    );
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={m.newToken}
      onSubmit={() => void make()}
      footer={
        <>
          <Button onClick={onClose}>{ui.cancel}</Button>
          <Button type="submit" variant="primary" busy={busy} disabled={!name.trim()}>
            {m.makeToken}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <TextField
          label={m.tokenName}
          placeholder={m.tokenNamePlaceholder}
          value={name}
          required
          onChange={(event) => setName(event.target.value)}
        />
        <SelectField<Term>
          label={m.expires}
          value={term}
          options={terms.map((value) => ({
            value,
            label: value === '0' ? m.never : m.days(Number(value)),
          }))}
          onChange={setTerm}
        />
        <TextArea
          label={m.allow}
          hint={m.allowHint}
          mono
          value={allow}
          onChange={(event) => setAllow(event.target.value)}
        />
        <ErrorNote error={error} />
      </div>
    </Dialog>
  );
}

function RevokeDialog({ token, onClose }: { token: ApiToken; onClose: () => void }) {
  const m = useMessages(adminMessages);
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const name = token.name || String(token.id);
  async function revoke() {
    setBusy(true);
    setError(null);
    try {
      await api.delete(path('api/tokens', token.id));
      await client.invalidateQueries({ queryKey: keys.tokens });
      toast({ title: m.revoked(name) });
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
      title={m.revokeTitle(name)}
      description={m.revokeText}
      action={m.revoke}
      danger
      busy={busy}
      onConfirm={() => void revoke()}
    >
      <ErrorNote error={error} />
    </ConfirmDialog>
  );
}

export function TokensPage() {
  const m = useMessages(adminMessages);
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<ApiToken>();
  const { data, error, refetch } = useQuery({
    queryKey: keys.tokens,
    queryFn: async ({ signal }) => {
      const answer = await api.get<ApiToken[] | { tokens?: ApiToken[] }>('api/tokens', { signal });
      const tokens = Array.isArray(answer) ? answer : (answer.tokens ?? []);
      return tokens.filter((token) => !token.revokedAt);
    },
  });
  const add = (
    <Button
      variant="primary"
      icon={<Plus className="size-4" aria-hidden />}
      onClick={() => setMaking(true)}
    >
      {m.newToken}
    </Button>
  );
  return (
    <Page title={m.tokensTitle} description={m.tokensIntro} actions={add}>
      {error && !data ? <ErrorState error={error} onRetry={() => void refetch()} /> : null}
      {!data && !error ? <LoadingState /> : null}
      {data?.length === 0 ? (
        <EmptyState icon={<KeyRound className="size-5" aria-hidden />} title={m.tokensEmpty}>
          {m.tokensEmptyText}
        </EmptyState>
      ) : null}
      {data && data.length > 0 ? (
        <Table
          label={m.tokensTitle}
          rows={data}
          rowKey={(token) => token.id}
          columns={[
            {
              key: 'name',
              header: m.tokenName,
              cell: (token) => <span className="font-medium">{token.name ?? '–'}</span>,
            },
            {
              key: 'prefix',
              header: m.prefix,
              cell: (token) => (
                <span className="font-mono text-xs" translate="no">
                  {token.prefix ? `${token.prefix}…` : '–'}
                </span>
              ),
            },
            { key: 'created', header: m.created, cell: (token) => formatDateTime(token.createdAt) },
            {
              key: 'expires',
              header: m.expires,
              cell: (token) => (token.expiresAt ? formatDateTime(token.expiresAt) : m.never),
            },
            {
              key: 'used',
              header: m.lastUsed,
              cell: (token) => (token.lastUsedAt ? formatRelative(token.lastUsedAt) : m.never),
            },
            {
              key: 'actions',
              header: '',
              headerLabel: m.actions,
              align: 'end',
              cell: (token) => (
                <Button
                  size="sm"
                  variant="danger-ghost"
                  aria-label={m.revokeOf(token.name || String(token.id))}
                  onClick={() => setRevoking(token)}
                >
                  {m.revoke}
                </Button>
              ),
            },
          ]}
        />
      ) : null}
      {making ? <NewTokenDialog onClose={() => setMaking(false)} /> : null}
      {revoking ? <RevokeDialog token={revoking} onClose={() => setRevoking(undefined)} /> : null}
    </Page>
  );
}
