import { useQuery } from '@tanstack/react-query';
import { Activity } from 'lucide-react';
import { useState } from 'react';
import { api, path } from '@/shared/api/client';
import { partOf } from '@/shared/api/jobs';
import { keys } from '@/shared/api/queries';
import type { Job } from '@/shared/api/types';
import { useMessages } from '@/shared/i18n/core';
import { formatDateTime, formatNumber } from '@/shared/i18n/format';
import { Badge, type Tone } from '@/shared/ui/badge';
import { Button } from '@/shared/ui/button';
import { Page } from '@/shared/ui/page';
import { EmptyState, ErrorNote, ErrorState, LoadingState } from '@/shared/ui/states';
import { Table } from '@/shared/ui/table';
import { toast } from '@/shared/ui/toast';
import { jobsMessages } from './i18n';

const isRunning = (job: Job) => /run|queue|pend/i.test(job.state);

function toneOf(state: string): Tone {
  if (/fail/i.test(state)) return 'danger';
  if (/cancel/i.test(state)) return 'neutral';
  return /run|queue|pend/i.test(state) ? 'info' : 'success';
}

export function JobsPage() {
  const m = useMessages(jobsMessages);
  const nameOf = (job: Job) => m.kinds[job.kind] ?? job.kind;
  const [failure, setFailure] = useState<unknown>(null);
  const { data, error, refetch } = useQuery({
    queryKey: keys.jobs,
    queryFn: async ({ signal }) => {
      const answer = await api.get<Job[] | { jobs?: Job[] }>('api/jobs', { signal });
      return Array.isArray(answer) ? answer : (answer.jobs ?? []);
    },
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data?.some(isRunning) ? 1000 : false),
  });

  async function cancel(job: Job) {
    setFailure(null);
    try {
      await api.post(`${path('api/jobs', job.id)}:cancel`);
      toast({ kind: 'info', title: m.cancelled });
      await refetch();
    } catch (problem) {
      setFailure(problem);
    }
  }

  return (
    <Page title={m.title} description={m.intro}>
      <ErrorNote error={failure} className="mb-4" />
      {error && !data ? <ErrorState error={error} onRetry={() => void refetch()} /> : null}
      {!data && !error ? <LoadingState /> : null}
      {data?.length === 0 ? (
        <EmptyState icon={<Activity className="size-5" aria-hidden />} title={m.empty}>
          {m.emptyText}
        </EmptyState>
      ) : null}
      {data && data.length > 0 ? (
        <Table
          label={m.title}
          rows={data}
          rowKey={(job) => job.id}
          columns={[
            {
              key: 'kind',
              header: m.kind,
              cell: (job) => (
                <>
                  <span className="font-medium">{nameOf(job)}</span>
                  {job.message || job.title ? (
                    <span className="ml-2 text-muted">{job.message || job.title}</span>
                  ) : null}
                </>
              ),
            },
            {
              key: 'state',
              header: m.state,
              cell: (job) => (
                <Badge tone={toneOf(job.state)}>
                  {m.states[job.state.toLowerCase()] ?? job.state}
                </Badge>
              ),
            },
            {
              key: 'progress',
              header: m.progress,
              cell: (job) => {
                const part = partOf(job);
                if (part === undefined) return '–';
                return (
                  <span className="flex items-center gap-2">
                    <progress
                      aria-label={`${m.progress}: ${nameOf(job)}`}
                      value={part}
                      max={1}
                      className="progress w-28"
                    />
                    <span className="tabular text-xs">
                      {formatNumber(part, { style: 'percent' })}
                    </span>
                  </span>
                );
              },
            },
            {
              key: 'started',
              header: m.started,
              className: 'whitespace-nowrap',
              cell: (job) => formatDateTime(job.createdAt),
            },
            {
              key: 'finished',
              header: m.finished,
              className: 'whitespace-nowrap',
              cell: (job) => formatDateTime(job.finishedAt),
            },
            {
              key: 'actions',
              header: '',
              headerLabel: m.actions,
              align: 'end',
              cell: (job) =>
                isRunning(job) ? (
                  <Button
                    size="sm"
                    aria-label={m.cancelOf(nameOf(job))}
                    onClick={() => void cancel(job)}
                  >
                    {m.cancel}
                  </Button>
                ) : null,
            },
          ]}
        />
      ) : null}
    </Page>
  );
}
