import { useRef, useState } from 'react';
import { queryClient } from '@/app/query-client';
import { path, upload } from '@/shared/api/client';
import { followJob, isJob } from '@/shared/api/jobs';
import { keys } from '@/shared/api/queries';
import type { ImportResult, Job } from '@/shared/api/types';
import { type Mapping, mapParameter } from './mapping';
import { contentTypes, type Source, toBody } from './source';

/** Larger files go on in a job: they outlive the page, and tell how far they are. */
const jobBytes = 8_000_000;

export interface ImportOptions {
  mode: 'all-or-nothing' | 'partial';
  /** column that tells which row is meant, '' = always add */
  upsert: string;
}

export type RunState =
  | { step: 'idle' }
  | { step: 'running'; dryRun: boolean; sent: number; total: number; jobId?: string }
  | { step: 'done'; dryRun: boolean; result: ImportResult }
  | { step: 'failed'; dryRun: boolean; error: unknown }
  | { step: 'stopped' };

export interface Run {
  state: RunState;
  start: (
    tableName: string,
    source: Source,
    mapping: Mapping,
    options: ImportOptions,
    dryRun: boolean,
  ) => Promise<void>;
  stop: () => void;
  reset: () => void;
}

/** One import at a time, with its progress. */
export function useImportRun(): Run {
  const [state, setState] = useState<RunState>({ step: 'idle' });
  const controller = useRef<AbortController | null>(null);
  return {
    state,
    start: async (tableName, source, mapping, options, dryRun) => {
      controller.current = new AbortController();
      setState({ step: 'running', dryRun, sent: 0, total: source.file.size });
      try {
        const body = await toBody(source);
        const { signal } = controller.current;
        const answer = await upload<ImportResult | Job>(path('api/db-editor/import', tableName), {
          body,
          contentType: contentTypes[source.format],
          query: {
            map: mapParameter(source.headers, mapping),
            upsert: options.upsert || undefined,
            mode: options.mode === 'partial' ? 'partial' : undefined,
            dryRun: dryRun || undefined,
            async: body.size > jobBytes || undefined,
          },
          signal,
          onProgress: (sent, total) => setState({ step: 'running', dryRun, sent, total }),
        });
        const result = isJob(answer)
          ? await followJob<ImportResult>(
              answer,
              (job) =>
                setState({
                  step: 'running',
                  dryRun,
                  sent: job.done ?? 0,
                  total: job.total ?? 0,
                  jobId: job.id,
                }),
              signal,
            )
          : answer;
        if (!dryRun) {
          await queryClient.invalidateQueries({ queryKey: keys.rows(tableName) });
          await queryClient.invalidateQueries({ queryKey: keys.tables });
        }
        setState({ step: 'done', dryRun, result });
      } catch (error) {
        if (error instanceof DOMException && error.name === 'AbortError')
          setState({ step: 'stopped' });
        else setState({ step: 'failed', dryRun, error });
      }
    },
    stop: () => controller.current?.abort(),
    reset: () => setState({ step: 'idle' }),
  };
}
