import { ApiError, api, type ErrorBody, path } from './client';
import type { Job } from './types';

const patience = 500;

export const isJob = (answer: unknown): answer is Job =>
  typeof answer === 'object' && answer !== null && 'kind' in answer && 'state' in answer;

/** What a job came to: its result, or the error it ended with; undefined while it goes on. */
export function outcomeOf<T>(job: Job): T | undefined {
  if (job.state === 'done') return (job.result ?? {}) as T;
  if (job.state === 'cancelled') throw new DOMException('The job was stopped', 'AbortError');
  if (job.state !== 'failed') return undefined;
  const body = (job.error ?? { code: 'internal_error', message: '' }) as ErrorBody;
  throw new ApiError(422, body, job.result);
}

const rest = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, patience);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });

/** Follows a job to its end; stopping asks the server to stop, and waits for its word. */
export async function followJob<T>(
  first: Job,
  onProgress: (job: Job) => void,
  signal: AbortSignal,
): Promise<T> {
  const address = path('api/jobs', first.id);
  let job = first;
  let asked = false;
  for (;;) {
    onProgress(job);
    const outcome = outcomeOf<T>(job);
    if (outcome) return outcome;
    if (signal.aborted && !asked) {
      asked = true;
      // It may have ended in this very moment; then its end is what counts.
      await api.post(`${address}:cancel`).catch(() => undefined);
    }
    await (asked ? rest(new AbortController().signal) : rest(signal));
    job = await api.get<Job>(address);
  }
}

/** An answer that may be a promise: work that takes long is a job, whose result is the answer. */
export async function settled<T extends object>(
  answer: T | { job: Job } | null | undefined,
  onProgress: (job: Job) => void = () => undefined,
): Promise<T | undefined> {
  if (!answer) return undefined;
  if (!('job' in answer) || !isJob(answer.job)) return answer as T;
  return followJob<T>(answer.job, onProgress, new AbortController().signal);
}

/** How far a job is, from 0 to 1, where it says so. */
export function partOf(job: Job): number | undefined {
  if (job.total != null && job.total > 0) return Math.min(1, (job.done ?? 0) / job.total);
  if (job.progress == null) return undefined;
  return job.progress > 1 ? job.progress / 100 : job.progress;
}
