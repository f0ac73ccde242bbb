import { afterEach, describe, expect, it, vi } from 'vitest';
import { rowErrors } from '@/features/imports/mapping';
import { ApiError } from '@/shared/api/client';
import type { Job } from '@/shared/api/types';
import { followJob, isJob, outcomeOf, partOf, settled } from './jobs';

const job = (more: Partial<Job>): Job => ({ id: 'j1', kind: 'import', state: 'running', ...more });
const result = { inserted: 3, updated: 0, skipped: 0, errors: [] };

afterEach(() => vi.unstubAllGlobals());

/** Answers of the server, one after the other, and the addresses it was asked for. */
function serve(answers: Job[]) {
  const asked: string[] = [];
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    asked.push(`${init.method} ${url}`);
    const data = url.endsWith(':cancel') ? null : answers.shift();
    return new Response(JSON.stringify({ success: true, data }));
  });
  return asked;
}

describe('a job', () => {
  it('is told from a result', () => {
    expect(isJob(job({}))).toBe(true);
    expect(isJob(result)).toBe(false);
  });
  it('ends with its result, or with what was wrong in its rows', () => {
    expect(outcomeOf(job({}))).toBeUndefined();
    expect(outcomeOf(job({ state: 'done', result }))).toEqual(result);
    const errors = [{ row: 2, column: 'n', code: 'invalid_value', message: 'no number' }];
    const failed = job({
      state: 'failed',
      error: { code: 'invalid_value', message: 'row 2' },
      result: { ...result, errors },
    });
    const thrown = (() => {
      try {
        return outcomeOf(failed);
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toBeInstanceOf(ApiError);
    expect(rowErrors(thrown)).toEqual(errors);
    expect(() => outcomeOf(job({ state: 'cancelled' }))).toThrow(/stopped/);
  });
  it('is followed to its end', async () => {
    const asked = serve([job({ done: 5, total: 10 }), job({ state: 'done', result })]);
    const seen: unknown[] = [];
    const end = await followJob(
      job({ state: 'queued', done: 0, total: 10 }),
      ({ done }) => seen.push(done),
      new AbortController().signal,
    );
    expect(end).toEqual(result);
    expect(seen).toEqual([0, 5, undefined]);
    expect(asked).toEqual(['GET /api/jobs/j1', 'GET /api/jobs/j1']);
  });
  it('is stopped by the server, whose word it waits for', async () => {
    const asked = serve([job({ state: 'cancelled' })]);
    const controller = new AbortController();
    controller.abort();
    await expect(followJob(job({}), () => undefined, controller.signal)).rejects.toThrow(/stopped/);
    expect(asked).toEqual(['POST /api/jobs/j1:cancel', 'GET /api/jobs/j1']);
  });
  it('stands for its result where an answer is one', async () => {
    serve([job({ kind: 'change', state: 'done', result: { changeId: 'c1' } })]);
    expect(await settled({ changeId: 'c0' })).toEqual({ changeId: 'c0' });
    expect(await settled(null)).toBeUndefined();
    expect(await settled({ job: job({ kind: 'change' }) })).toEqual({ changeId: 'c1' });
  });
  it('says how far it is', () => {
    expect(partOf(job({ done: 1, total: 4 }))).toBe(0.25);
    expect(partOf(job({ done: 9, total: 4 }))).toBe(1);
    expect(partOf(job({}))).toBeUndefined();
  });
});
