import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RowPage } from '@/shared/api/types';
import { type Count, RowSource } from './source';

interface Asked {
  page: number;
  limit: number;
  count: Count;
  signal: AbortSignal;
}

function server(total: number, estimate?: number) {
  const asked: Asked[] = [];
  const load = async (page: number, limit: number, count: Count, signal: AbortSignal) => {
    asked.push({ page, limit, count, signal });
    await Promise.resolve();
    const first = (page - 1) * limit;
    const rows = Array.from({ length: Math.max(0, Math.min(limit, total - first)) }, (_, i) => ({
      id: first + i,
    }));
    const exact = count === 'exact' || estimate === undefined;
    const answer: RowPage = {
      rows,
      pagination: {
        total: count === 'none' ? null : exact ? total : estimate,
        page,
        limit,
        pages: null,
        exact,
      },
    };
    return answer;
  };
  return { asked, source: new RowSource(load) };
}

const settle = () => vi.advanceTimersByTimeAsync(200);
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a row source', () => {
  it('loads the first page at once, with the total', async () => {
    const { source, asked } = server(250);
    source.open();
    await settle();
    expect(source.total).toBe(250);
    expect(source.get(99)).toEqual({ id: 99 });
    expect(source.get(100)).toBeUndefined();
    expect(asked).toHaveLength(1);
  });
  it('replaces an estimate by the exact number', async () => {
    const { source, asked } = server(1_000_000, 900_000);
    source.open();
    await settle();
    expect(source.total).toBe(1_000_000);
    expect(source.exact).toBe(true);
    expect(asked.map((request) => request.count)).toEqual([undefined, 'exact']);
  });
  it('loads the last page of a million rows without the ones before', async () => {
    const { source, asked } = server(1_000_000);
    source.open();
    await settle();
    source.want(999_950, 1_000_000);
    await settle();
    expect(source.get(999_999)).toEqual({ id: 999_999 });
    expect(asked.map((request) => request.page)).toEqual([1, 10_000]);
  });
  it('asks once for a place that one rests at, not for all that flew by', async () => {
    const { source, asked } = server(1_000_000);
    source.open();
    await settle();
    for (let row = 0; row < 500_000; row += 1000) source.want(row, row + 30);
    await settle();
    expect(asked).toHaveLength(2);
  });
  it('stops requests that are not wanted any more', async () => {
    const asked: AbortSignal[] = [];
    const source = new RowSource((page, limit, _count, signal) => {
      asked.push(signal);
      if (page > 1) return new Promise(() => undefined);
      const rows = Array.from({ length: limit }, () => ({}));
      return Promise.resolve({
        rows,
        pagination: { total: 10_000, page, limit, pages: null, exact: true },
      });
    });
    source.open();
    await settle();
    source.want(500, 510);
    await settle();
    source.want(5000, 5010);
    await settle();
    expect(asked.map((signal) => signal.aborted)).toEqual([false, true, false]);
  });
  it('forgets what was looked at long ago', async () => {
    const { source } = server(1_000_000);
    source.open();
    for (let page = 0; page < 150; page += 1) {
      source.want(page * 100, page * 100 + 30);
      await settle();
    }
    expect(source.loadedRows).toBe(10_000);
    expect(source.get(0)).toBeUndefined();
    expect(source.get(14_900)).toEqual({ id: 14_900 });
  });
  it('keeps rows in sight while it loads them again', async () => {
    const { source, asked } = server(50);
    source.open();
    source.want(0, 20);
    await settle();
    const before = asked.length;
    source.refresh();
    expect(source.get(3)).toEqual({ id: 3 });
    // the rows must not jump to the top meanwhile
    expect(source.total).toBe(50);
    await settle();
    expect(asked.at(-1)?.count).toBe('exact');
    expect(asked.length).toBe(before + 1);
    expect(source.total).toBe(50);
  });
  it('counts again when the request that counted was stopped', async () => {
    const { source, asked } = server(1_000_000);
    source.open();
    await settle();
    source.want(5000, 5010);
    await settle();
    source.refresh();
    source.want(9000, 9010);
    await settle();
    expect(asked.at(-1)?.count).toBe('exact');
    expect(source.get(9000)).toEqual({ id: 9000 });
  });
  it('tells a failure and gets over it', async () => {
    let fail = true;
    const { source } = server(3);
    const flaky = new RowSource(async (page, limit, _count, _signal) => {
      if (fail) throw new Error('down');
      return { rows: [{ id: 1 }], pagination: { total: 1, page, limit, pages: 1, exact: true } };
    });
    flaky.open();
    await settle();
    expect(flaky.error).toBeInstanceOf(Error);
    fail = false;
    flaky.refresh();
    await settle();
    expect(flaky.error).toBeNull();
    expect(flaky.get(0)).toEqual({ id: 1 });
    source.close();
  });
  it('puts a changed row in its place', async () => {
    const { source } = server(3);
    source.open();
    await settle();
    source.replace((row) => row['id'] === 1, { id: 1, name: 'new' });
    expect(source.get(1)).toEqual({ id: 1, name: 'new' });
  });
});
