import { ApiError, api, type ErrorBody, path } from '@/shared/api/client';
import type { ImportResult, Job } from '@/shared/api/types';

/** Larger files go on in a job: they outlive the page, and tell how far they are. */
export const jobBytes = 8_000_000;
const patience = 500;

export const isJob = (answer: unknown): answer is Job =>
  typeof answer === 'object' && answer !== null && 'kind' in answer && 'state' in answer;

/** What a job came to: its result, or the error it ended with; undefined while it goes on. */
export function outcomeOf(job: Job): ImportResult | undefined {
  if (job.state === 'done') return job.result as ImportResult;
  if (job.state === 'cancelled') throw new DOMException('The import was stopped', 'AbortError');
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
export async function followJob(
  first: Job,
  onProgress: (job: Job) => void,
  signal: AbortSignal,
): Promise<ImportResult> {
  const address = path('api/jobs', first.id);
  let job = first;
  let asked = false;
  for (;;) {
    onProgress(job);
    const outcome = outcomeOf(job);
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
