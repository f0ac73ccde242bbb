import { ApiError } from '@/shared/api/client';
import type { Column, Row } from '@/shared/api/types';
import type { Backend, BulkOperation, Versioned } from './backend';
import {
  addStep,
  dropStep,
  emptyHistory,
  type History,
  replaceStep,
  takeAgain,
  takeBack,
} from './lib/history';
import { keyNames, rowKey, sameValue, serverColumns } from './lib/values';

export interface CellChange {
  key: string;
  column: string;
  before: unknown;
  after: unknown;
}

export type EditStep =
  | { kind: 'cells'; changes: CellChange[] }
  | { kind: 'delete'; rows: Row[] }
  | { kind: 'insert'; rows: Row[] };

/** A cell that differs from what the server last said. */
export interface CellState {
  value: unknown;
  before: unknown;
  status: 'saving' | 'failed';
  /** what went wrong: an answer of the server, or a text of our own */
  error?: unknown;
  message?: string;
  /** what somebody else wrote meanwhile */
  conflict?: { theirs: unknown };
}

export type RowCells = Readonly<Record<string, CellState>>;

export interface EditHooks {
  columns: () => readonly Column[];
  keyName: () => string;
  /** a newer version of a row is known */
  onRow: (key: string, row: Row) => void;
  /** rows came or went */
  onRows: () => void;
  /** a step failed that belongs to no single cell */
  onFailure: (error: unknown) => void;
}

const bulkSize = 500;

class Conflict extends Error {
  readonly row: Row;
  constructor(row: Row) {
    super('precondition_failed');
    this.row = row;
  }
}

/** The place of an error of :bulk or of a list: which operation, which column. */
export function errorPlace(where: string | undefined): { index?: number; column?: string } {
  const parts = (where ?? '').split('/').filter((part) => part && part !== 'operations');
  const index = parts.find((part) => /^\d+$/.test(part));
  const column = parts.filter((part) => part !== 'data' && !/^\d+$/.test(part)).at(-1);
  return {
    ...(index === undefined ? {} : { index: Number(index) }),
    ...(column === undefined ? {} : { column: column.replaceAll('~1', '/').replaceAll('~0', '~') }),
  };
}

/** Changes by rows, as many rows together as one request takes. */
function partsOf(changes: readonly CellChange[]): CellChange[][] {
  const parts: CellChange[][] = [];
  let keys = new Set<string>();
  for (const change of changes) {
    if (parts.length === 0 || (keys.size >= bulkSize && !keys.has(change.key))) {
      parts.push([]);
      keys = new Set();
    }
    keys.add(change.key);
    parts.at(-1)?.push(change);
  }
  return parts;
}

/** Edits of one table: shown at once, saved in order, taken back on request. */
export class EditStore {
  version = 0;
  private history: History<EditStep> = emptyHistory;
  private rows = new Map<string, RowCells>();
  /** rows as the server last told them, with their version */
  private known = new Map<string, Versioned>();
  private queue: Promise<void> = Promise.resolve();
  private waiting = 0;
  private listeners = new Set<() => void>();
  private readonly backend: Backend;
  private readonly hooks: EditHooks;

  constructor(backend: Backend, hooks: EditHooks) {
    this.backend = backend;
    this.hooks = hooks;
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

  get canUndo(): boolean {
    return this.history.done.length > 0;
  }
  get canRedo(): boolean {
    return this.history.undone.length > 0;
  }
  get saving(): boolean {
    return this.waiting > 0;
  }
  get failures(): number {
    let count = 0;
    for (const cells of this.rows.values())
      for (const cell of Object.values(cells)) if (cell.status === 'failed') count += 1;
    return count;
  }

  cellsOf(key: string): RowCells | undefined {
    return this.rows.get(key);
  }

  private setCell(key: string, column: string, state: CellState | undefined): void {
    const { [column]: _old, ...rest } = this.rows.get(key) ?? {};
    const next = state ? { ...rest, [column]: state } : rest;
    if (Object.keys(next).length > 0) this.rows.set(key, next);
    else this.rows.delete(key);
  }

  /** Learns the version of a row before it is edited, so that saving is one request. */
  async prepare(key: string): Promise<void> {
    if (this.known.has(key)) return;
    try {
      const read = await this.backend.read(key);
      this.known.set(key, read);
      this.hooks.onRow(key, read.row);
    } catch {
      // saving will tell
    }
  }

  /** Keeps a text that means nothing in its column, with what is wrong. */
  reject(change: CellChange, message: string): void {
    this.setCell(change.key, change.column, {
      value: change.after,
      before: change.before,
      status: 'failed',
      message,
    });
    this.changed();
  }

  discard(key: string, column: string): void {
    this.setCell(key, column, undefined);
    this.changed();
  }

  discardFailures(): void {
    for (const [key, cells] of [...this.rows])
      for (const [column, cell] of Object.entries(cells))
        if (cell.status === 'failed') this.setCell(key, column, undefined);
    this.changed();
  }

  /** Saves a failed cell again; over a conflict it writes what it says over theirs. */
  retry(key: string, column: string): void {
    const cell = this.rows.get(key)?.[column];
    if (!cell || cell.message !== undefined) return;
    const before = cell.conflict ? cell.conflict.theirs : cell.before;
    this.edit([{ key, column, before, after: cell.value }]);
  }

  edit(changes: CellChange[]): void {
    const real = changes.filter(({ before, after }) => !sameValue(before, after));
    for (const { key, column, before, after } of changes)
      if (sameValue(before, after)) this.setCell(key, column, undefined);
    if (real.length === 0) {
      this.changed();
      return;
    }
    const step: EditStep = { kind: 'cells', changes: real };
    this.history = addStep(this.history, step);
    this.saveCells(real, step);
  }

  private saveCells(changes: CellChange[], step: EditStep): void {
    for (const { key, column, before, after } of changes)
      this.setCell(key, column, { value: after, before, status: 'saving' });
    this.enqueue(async () => {
      const parts = partsOf(changes);
      const saved: CellChange[] = [];
      for (const [at, part] of parts.entries()) {
        try {
          if (new Set(part.map((change) => change.key)).size === 1) await this.patchRow(part);
          else await this.patchRows(part);
        } catch (error) {
          this.keepPart(step, saved.length > 0 && { kind: 'cells', changes: saved });
          this.failCells(part, error);
          // What comes after was not even tried.
          for (const { key, column, before, after } of parts.slice(at + 1).flat())
            this.setCell(key, column, { value: after, before, status: 'failed', error });
          return;
        }
        for (const { key, column } of part) this.setCell(key, column, undefined);
        saved.push(...part);
      }
    });
  }

  /** Of a step that failed half-way, what was done can be taken back. */
  private keepPart(step: EditStep, part: EditStep | false): void {
    const isForward = this.history.done.includes(step);
    this.history =
      part && isForward ? replaceStep(this.history, step, part) : dropStep(this.history, step);
  }

  private async patchRow(changes: CellChange[]): Promise<void> {
    const key = changes[0]?.key ?? '';
    const body = Object.fromEntries(changes.map(({ column, after }) => [column, after]));
    let saved: Versioned;
    try {
      saved = await this.backend.patch(key, body, await this.versionOf(key, changes));
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 412) throw error;
      // Somebody changed the row. Where it is another column, both changes fit together.
      this.known.delete(key);
      saved = await this.backend.patch(key, body, await this.versionOf(key, changes));
    }
    const row = { ...body, ...saved.row };
    this.known.set(key, { row, etag: saved.etag });
    this.hooks.onRow(key, row);
  }

  /** The version to write over; a conflict when it does not say what the change began with. */
  private async versionOf(key: string, changes: CellChange[]): Promise<string | undefined> {
    let version = this.known.get(key);
    if (!version) {
      version = await this.backend.read(key);
      this.known.set(key, version);
      this.hooks.onRow(key, version.row);
    }
    const { row, etag } = version;
    if (changes.some(({ column, before }) => !sameValue(row[column], before)))
      throw new Conflict(row);
    return etag;
  }

  private async patchRows(changes: CellChange[]): Promise<void> {
    const byKey = new Map<string, CellChange[]>();
    for (const change of changes) byKey.set(change.key, [...(byKey.get(change.key) ?? []), change]);
    const operations = [...byKey].map(([id, cells]): BulkOperation => {
      const etag = this.known.get(id)?.etag;
      return {
        method: 'PATCH',
        id,
        data: Object.fromEntries(cells.map(({ column, after }) => [column, after])),
        ...(etag ? { ifMatch: etag } : {}),
      };
    });
    await this.backend.bulk(operations);
    for (const { id = '', data = {} } of operations) {
      this.known.delete(id);
      this.hooks.onRow(id, data);
    }
  }

  private async inChunks(
    operations: BulkOperation[],
    onDone: (chunk: BulkOperation[]) => void,
  ): Promise<void> {
    for (let at = 0; at < operations.length; at += bulkSize) {
      const chunk = operations.slice(at, at + bulkSize);
      await this.backend.bulk(chunk);
      onDone(chunk);
    }
  }

  private failCells(changes: CellChange[], error: unknown): void {
    const place = error instanceof ApiError ? errorPlace(error.where) : {};
    const keys = [...new Set(changes.map((change) => change.key))];
    const key = keys.length === 1 ? keys[0] : keys[place.index ?? -1];
    const isGuilty = (change: CellChange) =>
      change.key === key && (place.column === undefined || change.column === place.column);
    const anyGuilty = changes.some(isGuilty);
    for (const change of changes) {
      const { column, before, after } = change;
      // What was refused along with a wrong cell goes back; the wrong one stays to be seen.
      if (anyGuilty && !isGuilty(change)) {
        this.setCell(change.key, column, undefined);
        continue;
      }
      this.setCell(change.key, column, {
        value: after,
        before,
        status: 'failed',
        error,
        ...(error instanceof Conflict ? { conflict: { theirs: error.row[column] ?? null } } : {}),
      });
    }
    if (keys.length > 1) this.hooks.onFailure(error);
  }

  /** Deletes rows; resolves when the server has done it. */
  remove(rows: Row[], remember = true): Promise<boolean> {
    const step = { kind: 'delete' as const, rows };
    if (remember) this.history = addStep(this.history, step);
    return this.enqueueRows(step, (done) => this.deleteRows(rows, done));
  }

  /** Adds a row; a refusal is for the form to show. */
  async add(row: Row): Promise<Row> {
    const { row: answered, etag } = await this.backend.insert(row);
    // A table without a key does not say which row it was.
    const made = answered ?? row;
    const key = rowKey(made, this.hooks.keyName());
    this.known.set(key, { row: made, etag });
    this.history = addStep<EditStep>(this.history, { kind: 'insert', rows: [made] });
    this.hooks.onRows();
    this.changed();
    return made;
  }

  /** Several columns of one row, from a form: a refusal is for the form to show. */
  async saveRow(changes: CellChange[]): Promise<void> {
    const real = changes.filter(({ before, after }) => !sameValue(before, after));
    if (real.length === 0) return;
    await this.patchRow(real);
    this.history = addStep<EditStep>(this.history, { kind: 'cells', changes: real });
    for (const { key, column } of real) this.setCell(key, column, undefined);
    this.changed();
  }

  private async deleteRows(rows: Row[], done: Row[]): Promise<void> {
    const keyName = this.hooks.keyName();
    const operations = rows.map(
      (row): BulkOperation => ({ method: 'DELETE', id: rowKey(row, keyName) }),
    );
    await this.inChunks(operations, (chunk) => {
      for (const { id = '' } of chunk) {
        this.known.delete(id);
        this.rows.delete(id);
      }
      done.push(...rows.slice(done.length, done.length + chunk.length));
    });
  }

  /** Rows as they were, under the keys they had; what the server keeps itself, it writes anew. */
  private async insertRows(rows: Row[], done: Row[]): Promise<void> {
    const key = keyNames(this.hooks.keyName());
    const names = this.hooks
      .columns()
      .filter(
        (column) =>
          key.includes(column.name) ||
          (!column.generated && (column.can?.create ?? !serverColumns.includes(column.name))),
      )
      .map((column) => column.name);
    const operations = rows.map(
      (row): BulkOperation => ({
        method: 'POST',
        data: Object.fromEntries(
          names.filter((name) => row[name] !== undefined).map((name) => [name, row[name]]),
        ),
      }),
    );
    await this.inChunks(operations, (chunk) => {
      done.push(...rows.slice(done.length, done.length + chunk.length));
    });
  }

  private enqueueRows(
    step: Exclude<EditStep, { kind: 'cells' }>,
    work: (done: Row[]) => Promise<void>,
  ): Promise<boolean> {
    return new Promise((resolve) => {
      this.enqueue(async () => {
        const done: Row[] = [];
        try {
          await work(done);
          resolve(true);
        } catch (error) {
          this.keepPart(step, done.length > 0 && { kind: step.kind, rows: done });
          this.hooks.onFailure(error);
          resolve(false);
        } finally {
          this.hooks.onRows();
        }
      });
    });
  }

  private enqueue(work: () => Promise<void>): void {
    this.waiting += 1;
    this.changed();
    this.queue = this.queue.then(work).finally(() => {
      this.waiting -= 1;
      this.changed();
    });
  }

  /** Settled when everything asked so far is saved or refused. */
  idle(): Promise<void> {
    return this.queue;
  }

  undo(): EditStep | null {
    const back = takeBack(this.history);
    if (!back) return null;
    this.history = back.history;
    this.apply(back.step, true);
    return back.step;
  }

  redo(): EditStep | null {
    const again = takeAgain(this.history);
    if (!again) return null;
    this.history = again.history;
    this.apply(again.step, false);
    return again.step;
  }

  private apply(step: EditStep, backwards: boolean): void {
    if (step.kind === 'cells') {
      const changes = backwards
        ? step.changes.map(({ before, after, ...rest }) => ({
            ...rest,
            before: after,
            after: before,
          }))
        : step.changes;
      this.saveCells(changes, step);
      return;
    }
    const insert = (step.kind === 'delete') === backwards;
    void this.enqueueRows(step, (done) =>
      insert ? this.insertRows(step.rows, done) : this.deleteRows(step.rows, done),
    );
  }
}
