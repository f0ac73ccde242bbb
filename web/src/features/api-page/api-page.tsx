import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import clsx from 'clsx';
import { KeyRound } from 'lucide-react';
import { useMemo, useState } from 'react';
import { api, basePath, path } from '@/shared/api/client';
import { keys, tableQuery } from '@/shared/api/queries';
import type { ApiToken, TableInfo } from '@/shared/api/types';
import { useMessages } from '@/shared/i18n/core';
import { isPlatformRole, useSession } from '@/shared/session/session';
import { Badge, type Tone } from '@/shared/ui/badge';
import { Button, buttonClass } from '@/shared/ui/button';
import { Code, CopyButton } from '@/shared/ui/code';
import { ErrorNote, LoadingState } from '@/shared/ui/states';
import { Tabs } from '@/shared/ui/tabs';
import { toast } from '@/shared/ui/toast';
import { curlOf, type Endpoint, endpointsOf } from './examples';
import { apiMessages } from './i18n';
import { TryIt } from './try-it';

const methodTones: Record<Endpoint['method'], Tone> = {
  GET: 'info',
  POST: 'success',
  PATCH: 'warning',
  DELETE: 'danger',
};

/** Where the API begins, as a program outside must write it. */
function origin(): string {
  return window.location.origin + basePath().replace(/\/$/, '');
}

function TokenPanel({
  table,
  token,
  onToken,
}: {
  table: TableInfo;
  token: string;
  onToken: (token: string) => void;
}) {
  const m = useMessages(apiMessages);
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  async function make() {
    setBusy(true);
    setError(null);
    try {
      const made = await api.post<ApiToken>('api/tokens', { name: m.tokenName(table.displayName) });
      onToken(made.token ?? made.secret ?? '');
      await client.invalidateQueries({ queryKey: keys.tokens });
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  }

  return (
    <section className="mt-5 rounded-lg border border-border bg-surface px-4 py-3 shadow-card">
      <div className="flex flex-wrap items-center gap-3">
        <KeyRound className="size-4 text-muted" aria-hidden />
        <div className="min-w-0 flex-1">
          <h2 className="font-medium text-sm">{m.token}</h2>
          <p className="text-muted text-xs">{token ? m.tokenOnce : m.tokenText}</p>
        </div>
        {token ? null : (
          <Button busy={busy} className="max-sm:w-full" onClick={() => void make()}>
            {m.tokenMake}
          </Button>
        )}
      </div>
      {token ? (
        <Code code={token} language="text" label={m.tokenLabel} className="mt-2" wrap />
      ) : null}
      <ErrorNote error={error} className="mt-2" />
    </section>
  );
}

function EndpointPanel({
  endpoint,
  token,
  tenant,
}: {
  endpoint: Endpoint;
  token: string;
  tenant: string;
}) {
  const m = useMessages(apiMessages);
  const [tab, setTab] = useState<'curl' | 'answer' | 'try'>('curl');
  const curl = curlOf(endpoint, {
    origin: origin(),
    token: token || 'YOUR_TOKEN',
    ...(tenant ? { tenant } : {}),
  });
  const tabs: { value: typeof tab; label: string; content: React.ReactNode }[] = [
    {
      value: 'curl',
      label: m.curl,
      content: (
        <div className="flex flex-col gap-3">
          <Code code={curl} language="shell" label={m.curl} wrap />
          {endpoint.body === undefined ? null : (
            <div>
              <h3 className="mb-1 font-medium text-sm">{m.request}</h3>
              <Code
                code={JSON.stringify(endpoint.body, null, 2)}
                language="json"
                label={m.request}
                className="max-h-80"
              />
            </div>
          )}
        </div>
      ),
    },
    ...(endpoint.answer === undefined
      ? []
      : [
          {
            value: 'answer' as const,
            label: m.answer,
            content: (
              <Code
                code={JSON.stringify(endpoint.answer, null, 2)}
                language="json"
                label={m.answer}
                className="max-h-96"
              />
            ),
          },
        ]),
    { value: 'try', label: m.tryIt, content: <TryIt endpoint={endpoint} /> },
  ];
  return (
    <section
      aria-labelledby="endpoint-title"
      className="min-w-0 flex-1 rounded-lg border border-border bg-surface p-4 shadow-card"
    >
      <h2 id="endpoint-title" className="font-semibold text-base">
        {m[endpoint.key]}
      </h2>
      <p className="mt-0.5 mb-3 text-muted text-sm">{m[`${textKeys[endpoint.key]}`]}</p>
      <p
        className="mb-3 flex flex-wrap items-center gap-2 break-all font-mono text-xs"
        translate="no"
      >
        <Badge tone={methodTones[endpoint.method]}>{endpoint.method}</Badge>
        {endpoint.path}
      </p>
      <Tabs label={m[endpoint.key]} value={tab} onChange={setTab} tabs={tabs} />
    </section>
  );
}

const textKeys = {
  list: 'listText',
  get: 'getText',
  create: 'createText',
  update: 'updateText',
  remove: 'removeText',
  bulk: 'bulkText',
  exportRows: 'exportText',
} as const;

function ApiOff({ table }: { table: TableInfo }) {
  const m = useMessages(apiMessages);
  const client = useQueryClient();
  const [error, setError] = useState<unknown>(null);
  return (
    <div className="mt-4 flex flex-wrap items-center gap-3 rounded-lg border border-warning/40 bg-warning-soft px-4 py-2.5 text-sm">
      <p className="flex-1">{m.off}</p>
      <Button
        onClick={() => {
          void api
            .put(path('api/db-editor/tables', table.tableName), { apiEnabled: true })
            .then(() => client.invalidateQueries({ queryKey: keys.tables }))
            .then(() => toast({ title: m.switchedOn }))
            .catch(setError);
        }}
      >
        {m.switchOn}
      </Button>
      <ErrorNote error={error} />
    </div>
  );
}

function ApiView({ table }: { table: TableInfo }) {
  const m = useMessages(apiMessages);
  const { user, tenant } = useSession();
  const [token, setToken] = useState('');
  const [chosen, setChosen] = useState<Endpoint['key']>('list');
  const endpoints = useMemo(() => endpointsOf(table), [table]);
  const current = endpoints.find((endpoint) => endpoint.key === chosen) ?? endpoints[0];
  const address = origin() + (endpoints[0]?.path ?? '');
  return (
    <>
      <p className="max-w-2xl text-muted text-sm">{m.intro}</p>
      <div className="mt-3 flex flex-wrap items-center gap-2">
        <span className="font-medium text-sm">{m.address}</span>
        <code className="break-all rounded-md bg-code px-2 py-1 font-mono text-xs" translate="no">
          {address}
        </code>
        <CopyButton text={address} />
        <a
          href={`${basePath()}openapi.json`}
          target="_blank"
          rel="noopener"
          className={clsx(buttonClass('ghost', 'sm'), 'ml-auto')}
        >
          {m.reference}
        </a>
      </div>
      {table.apiEnabled === false ? <ApiOff table={table} /> : null}
      <TokenPanel table={table} token={token} onToken={setToken} />
      <div className="mt-5 flex flex-col gap-4 md:flex-row md:items-start">
        <nav aria-label={m.endpoints} className="shrink-0 md:w-56">
          <ul className="flex flex-col gap-px">
            {endpoints.map((endpoint) => (
              <li key={endpoint.key}>
                <button
                  type="button"
                  aria-current={endpoint.key === chosen ? 'true' : undefined}
                  onClick={() => setChosen(endpoint.key)}
                  className="flex h-8 w-full items-center gap-2 rounded-md px-2 text-left text-sm hover:bg-surface-3 aria-[current=true]:bg-surface-3 aria-[current=true]:font-medium"
                >
                  <Badge tone={methodTones[endpoint.method]} className="w-13 justify-center">
                    <span translate="no">{endpoint.method}</span>
                  </Badge>
                  {m[endpoint.key]}
                </button>
              </li>
            ))}
          </ul>
        </nav>
        {current ? (
          <EndpointPanel
            key={current.key}
            endpoint={current}
            token={token}
            tenant={isPlatformRole(user) ? tenant : ''}
          />
        ) : null}
      </div>
    </>
  );
}

/** How programs use a table: endpoints, examples, a console, a token. */
export function ApiPage() {
  const { tableName } = useParams({ from: '/shell/source/tables/$tableName/api' });
  const { data: table } = useQuery(tableQuery(tableName));
  if (!table) return <LoadingState />;
  return (
    <div className="scroll-thin min-h-0 flex-1 overflow-y-auto">
      <div className="mx-auto w-full max-w-5xl px-5 py-5 sm:px-8">
        <ApiView key={tableName} table={table} />
      </div>
    </div>
  );
}
