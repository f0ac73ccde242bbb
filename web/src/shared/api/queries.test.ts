import { expect, it } from 'vitest';
import { toChange } from './queries';

it('reads a change as the journal writes it', () => {
  const change = toChange({
    id: 'c1',
    title: 'create the table',
    state: 'done',
    createdAt: '2026-01-01T00:00:00Z',
    operations: [],
    actor: { id: 1, name: 'ann@example.com' },
    undo: { class: 'trash', until: '2026-02-01T00:00:00Z' },
  });
  expect(change.changeId).toBe('c1');
  expect(change.summary).toBe('create the table');
  expect(change.createdBy).toEqual({ id: 1, name: 'ann@example.com' });
  expect(change.undoUntil).toBe('2026-02-01T00:00:00Z');
});
