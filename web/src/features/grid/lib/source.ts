import type { Row, RowPage } from '@/shared/api/types';
import { pagesOf } from './window';

export type Count = 'exact' | 'estimated' | 'none' | undefined;
export type LoadPage = (
  page: number,
  limit: number,
  count: Count,
  signal: AbortSignal,
) => Promise<RowPage>;

const pageSize = 100;
/** 10,000 rows stay in memory, however far one scrolls. */
const pagesKept = 100;
const patience = 40;

/** Rows of one query, fetched in pages where they are looked at, the oldest forgotten. */
export class RowSource {
  total: number | null = null;
  exact = false;
  /** the first failure since the last success */
  error: unknown = null;
  /** nothing was ever loaded */
  fresh = true;
  version = 0;
  private pages = new Map<number, Row[]>();
  private stale = new Set<number>();
  private running = new Map<number, AbortController>();
  private wanted: number[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private listeners = new Set<() => void>();
  private counting: AbortController | undefined;
  private closed = false;
  private mustCount = true;

  private readonly load: LoadPage;

  constructor(load: LoadPage) {
    this.load = load;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  snapshot = (): number => this.version;

  private changed(): void {
    this.version += 1;
    for (const listener of this.listeners) listener();
  }

  /** Opens it, also after a close: effects of React run twice in development. */
  open(): void {
    this.closed = false;
    if (this.fresh) void this.fetch(1);
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.counting?.abort();
    for (const controller of this.running.values()) controller.abort();
    this.running.clear();
  }

  get(index: number): Row | undefined {
    return this.pages.get(Math.floor(index / pageSize) + 1)?.[index % pageSize];
  }

  get loadedRows(): number {
    let count = 0;
    for (const rows of this.pages.values()) count += rows.length;
    return count;
  }

  get loading(): boolean {
    return this.running.size > 0;
  }

  /** Says what is looked at: loads what is missing, stops what is not wanted any more. */
  want(first: number, end: number): void {
    if (this.closed) return;
    this.wanted = pagesOf(first, end, pageSize);
    for (const [page, controller] of this.running) {
      if (page !== 1 && !this.wanted.includes(page)) {
        controller.abort();
        this.running.delete(page);
      }
    }
    const missing = this.wanted.filter((page) => this.isMissing(page));
    clearTimeout(this.timer);
    if (missing.length > 0)
      this.timer = setTimeout(() => {
        for (const page of missing) if (this.isMissing(page)) void this.fetch(page);
      }, patience);
  }

  private isMissing(page: number): boolean {
    return !this.running.has(page) && (!this.pages.has(page) || this.stale.has(page));
  }

  private async fetch(page: number): Promise<void> {
    const controller = new AbortController();
    this.running.set(page, controller);
    // A number that was exact stays so: an estimate in between would move the rows.
    const count: Count = this.mustCount ? (this.exact ? 'exact' : undefined) : 'none';
    this.mustCount = false;
    let stored = false;
    try {
      const answer = await this.load(page, pageSize, count, controller.signal);
      if (this.closed || controller.signal.aborted) return;
      this.store(page, answer);
      stored = true;
    } catch (error) {
      if (controller.signal.aborted) return;
      this.error = error;
      this.fresh = false;
    } finally {
      if (count !== 'none' && !stored) this.mustCount = true;
      if (this.running.get(page) === controller) this.running.delete(page);
      if (!controller.signal.aborted) this.changed();
    }
  }

  private store(page: number, answer: RowPage): void {
    const { rows, pagination } = answer;
    this.error = null;
    this.fresh = false;
    this.stale.delete(page);
    this.pages.delete(page);
    this.pages.set(page, rows);
    this.evict();
    const before = (page - 1) * pageSize;
    if (pagination.total !== null) {
      this.total = pagination.total;
      this.exact = pagination.exact ?? true;
    }
    // A page that is not full is the last one: then the number is known, whatever was estimated.
    if (rows.length < pageSize && (rows.length > 0 || page === 1)) {
      this.total = before + rows.length;
      this.exact = true;
    } else if (this.total === null || this.total < before + rows.length) {
      this.total = before + rows.length;
      this.exact = false;
    }
    if (!this.exact || rows.length === 0) void this.countExactly();
  }

  /** The estimate shows at once; the true number follows. */
  private async countExactly(): Promise<void> {
    if (this.counting || (this.exact && this.total === 0)) return;
    const controller = new AbortController();
    this.counting = controller;
    try {
      const { pagination } = await this.load(1, 1, 'exact', controller.signal);
      if (this.closed || pagination.total === null) return;
      this.total = pagination.total;
      this.exact = true;
      this.changed();
    } catch {
      // the estimate stays, marked as one
    } finally {
      this.counting = undefined;
    }
  }

  private evict(): void {
    for (const page of this.pages.keys()) {
      if (this.pages.size <= pagesKept) return;
      if (!this.wanted.includes(page)) {
        this.pages.delete(page);
        this.stale.delete(page);
      }
    }
  }

  /** Loads again what is looked at; old rows stay in sight until the new ones are there. */
  refresh(): void {
    for (const controller of this.running.values()) controller.abort();
    this.running.clear();
    this.error = null;
    for (const page of this.pages.keys()) {
      if (this.wanted.includes(page)) this.stale.add(page);
      else this.pages.delete(page);
    }
    this.mustCount = true;
    const pages = this.wanted.length > 0 ? this.wanted : [1];
    for (const page of pages) void this.fetch(page);
    this.changed();
  }

  /** Puts a newer version of a row in its place. */
  replace(isRow: (row: Row) => boolean, next: Row): void {
    for (const rows of this.pages.values()) {
      const at = rows.findIndex(isRow);
      if (at >= 0) {
        rows[at] = { ...rows[at], ...next };
        this.changed();
        return;
      }
    }
  }

  /** Waits for rows that may not be loaded (a selection, a copy); `most` guards the memory. */
  async range(first: number, end: number, signal: AbortSignal): Promise<Row[]> {
    const rows: Row[] = [];
    for (const page of pagesOf(first, end, pageSize)) {
      const known = this.stale.has(page) ? undefined : this.pages.get(page);
      const loaded = known ?? (await this.load(page, pageSize, 'none', signal)).rows;
      const start = (page - 1) * pageSize;
      rows.push(...loaded.slice(Math.max(0, first - start), Math.max(0, end - start)));
    }
    return rows;
  }
}
