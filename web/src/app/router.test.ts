import { createMemoryHistory } from '@tanstack/react-router';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { buildUrl } from '@/shared/api/client';
import { loadSession } from '@/shared/session/session';
import { router } from './router';

const tables = () => buildUrl('api/db-editor/tables');
const answer = (status: number, body: unknown) => () =>
  Promise.resolve(new Response(JSON.stringify(body), { status }));
const signedIn = answer(200, { data: { user: { id: 1, email: 'a@x.org', role: 'OWNER' } } });
const stranger = answer(401, { error: { code: 'unauthenticated', message: 'no' } });

/** Opens an address as a new tab would. */
async function open(href: string): Promise<void> {
  router.update({ ...router.options, history: createMemoryHistory({ initialEntries: [href] }) });
  await router.load();
}

async function back(): Promise<void> {
  router.history.back();
  await router.load();
}

describe('the database in the address', () => {
  beforeEach(async () => {
    vi.stubGlobal('fetch', vi.fn(signedIn));
    await loadSession(true);
  });

  it('is asked when a link is opened, also through a redirect', async () => {
    await open('/tables/orders?source=shop');
    expect(router.state.location.href).toBe('/tables/orders/data?source=shop');
    expect(tables()).toBe('/api/db-editor/tables?source=shop');
    await open('/tables/orders/data');
    expect(tables()).toBe('/api/db-editor/tables');
  });
  it('stays on every way inside the studio, beside what a page adds', async () => {
    await open('/tables?source=shop');
    const href = (to: '/tables' | '/users' | '/history', search?: { table: string }) =>
      router.buildLocation({ to, ...(search ? { search } : {}) }).href;
    expect(href('/users')).toBe('/users?source=shop');
    expect(href('/history', { table: 'orders' })).toBe('/history?table=orders&source=shop');
    // the rows keep their own part of the address, written anew each time
    await router.navigate({
      to: '/tables/$tableName/data',
      params: { tableName: 'orders' },
      search: { q: 'ann' },
    });
    expect(router.state.location.href).toBe('/tables/orders/data?q=ann&source=shop');
  });
  it('is left for the own tables, and found again on the way back', async () => {
    await open('/tables/orders/data?source=shop');
    await router.navigate({ to: '/tables', search: { source: undefined } });
    expect(router.state.location.href).toBe('/tables');
    expect(tables()).toBe('/api/db-editor/tables');
    await back();
    expect(router.state.location.href).toBe('/tables/orders/data?source=shop');
    expect(tables()).toBe('/api/db-editor/tables?source=shop');
  });
  it('is not asked while a link to it is only pointed at', async () => {
    await open('/tables');
    await router.preloadRoute({ to: '/tables', search: { source: 'shop' } });
    expect(tables()).toBe('/api/db-editor/tables');
  });
  it('waits behind the sign-in, and does not stay on its page', async () => {
    vi.stubGlobal('fetch', vi.fn(stranger));
    await loadSession(true);
    await open('/tables/orders/data?source=shop');
    expect(router.state.location.pathname).toBe('/sign-in');
    expect(router.state.location.search).toEqual({ to: '/tables/orders/data?source=shop' });
  });
});
