import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ScrollText } from 'lucide-react';
import { useState } from 'react';
import { personOf } from '@/features/history/describe';
import { api } from '@/shared/api/client';
import { keys } from '@/shared/api/queries';
import type { AuditEntry } from '@/shared/api/types';
import { useMessages } from '@/shared/i18n/core';
import { formatDateTime } from '@/shared/i18n/format';
import { Badge, type Tone } from '@/shared/ui/badge';
import { TextField } from '@/shared/ui/fields';
import { Page } from '@/shared/ui/page';
import { EmptyState, ErrorState, LoadingState } from '@/shared/ui/states';
import { Table } from '@/shared/ui/table';
import { auditMessages } from './i18n';

function toneOf(outcome: string): Tone {
  if (/fail|error|denied/i.test(outcome)) return 'danger';
  if (/undone|run/i.test(outcome)) return 'neutral';
  return 'success';
}

const timeOf = (entry: AuditEntry) => entry.createdAt ?? entry.at ?? entry.time;
const whoOf = (entry: AuditEntry) => personOf(entry.actor ?? entry.user ?? entry.userEmail);

interface AuditAnswer {
  entries?: AuditEntry[];
  audit?: AuditEntry[];
  rows?: AuditEntry[];
}

export function AuditPage() {
  const m = useMessages(auditMessages);
  const [filter, setFilter] = useState('');
  const { data, error, refetch } = useQuery({
    queryKey: keys.audit,
    queryFn: async ({ signal }) => {
      const answer = await api.get<AuditEntry[] | AuditAnswer>('api/db-editor/audit', { signal });
      const entries = Array.isArray(answer)
        ? answer
        : (answer.entries ?? answer.audit ?? answer.rows ?? []);
      return entries.map((entry, index) => ({ ...entry, key: String(entry.id ?? index) }));
    },
    staleTime: 0,
  });
  const wanted = filter.trim().toLowerCase();
  const shown = (data ?? []).filter((entry) =>
    [whoOf(entry), entry.action, entry.object, entry.statement]
      .filter(Boolean)
      .join(' ')
      .toLowerCase()
      .includes(wanted),
  );
  return (
    <Page title={m.title} description={m.intro} width="wide">
      {error && !data ? <ErrorState error={error} onRetry={() => void refetch()} /> : null}
      {!data && !error ? <LoadingState /> : null}
      {data?.length === 0 ? (
        <EmptyState icon={<ScrollText className="size-5" aria-hidden />} title={m.empty} />
      ) : null}
      {data && data.length > 0 ? (
        <>
          <TextField
            label={m.search}
            hideLabel
            type="search"
            placeholder={m.search}
            className="mb-3 max-w-sm"
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
          />
          {shown.length === 0 ? (
            <EmptyState title={m.noMatch} />
          ) : (
            <Table
              label={m.title}
              rows={shown}
              rowKey={(entry) => entry.key}
              columns={[
                {
                  key: 'when',
                  header: m.when,
                  className: 'whitespace-nowrap',
                  cell: (entry) => formatDateTime(timeOf(entry)),
                },
                {
                  key: 'who',
                  header: m.who,
                  cell: (entry) => whoOf(entry) || <span className="text-muted">{m.system}</span>,
                },
                {
                  key: 'what',
                  header: m.what,
                  cell: (entry) => (
                    <span className="font-mono text-xs" translate="no">
                      {entry.changeId ? (
                        <Link
                          to="/history"
                          search={{ change: entry.changeId }}
                          className="text-accent-text underline underline-offset-2"
                        >
                          {entry.action}
                        </Link>
                      ) : (
                        entry.action
                      )}
                    </span>
                  ),
                },
                {
                  key: 'object',
                  header: m.object,
                  className: 'max-w-56 truncate',
                  cell: (entry) => (
                    <span translate="no" title={entry.object ?? ''}>
                      {entry.object ?? '–'}
                    </span>
                  ),
                },
                {
                  key: 'statement',
                  header: m.statement,
                  className: 'w-full min-w-32 max-w-0',
                  cell: (entry) => (
                    <span
                      className="block truncate font-mono text-muted text-xs"
                      title={entry.statement ?? ''}
                      translate="no"
                    >
                      {entry.statement ?? '–'}
                    </span>
                  ),
                },
                {
                  key: 'outcome',
                  header: m.outcome,
                  cell: (entry) => {
                    const outcome = entry.outcome ?? entry.state ?? '';
                    if (!outcome) return '–';
                    return (
                      <Badge tone={toneOf(outcome)}>
                        {m.outcomes[outcome.toLowerCase()] ?? outcome}
                      </Badge>
                    );
                  },
                },
              ]}
            />
          )}
        </>
      ) : null}
    </Page>
  );
}
