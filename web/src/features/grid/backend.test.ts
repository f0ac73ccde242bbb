import { afterEach, expect, it, vi } from 'vitest';
import { type Place, setSource, setTenant } from '@/shared/api/client';
import { makeBackend } from './backend';

const show = ({ tenant, source }: Place) => {
  setTenant(tenant);
  setSource(source);
};

afterEach(() => {
  vi.unstubAllGlobals();
  show({ tenant: '', source: '' });
});

it('writes to the place it was made for, whatever is shown when it writes', async () => {
  const seen: Place[] = [];
  vi.stubGlobal('fetch', async (url: string, { headers }: { headers: Record<string, string> }) => {
    const source = new URL(url, 'http://x').searchParams.get('source') ?? '';
    seen.push({ tenant: headers['X-Telaio-Tenant'] ?? '', source });
    return new Response(JSON.stringify({ success: true, data: {} }));
  });
  const own = { tenant: '', source: '' };
  const crm = { tenant: 'north', source: 'crm' };
  const shop = { tenant: 'south', source: 'shop' };
  for (const [made, shown] of [
    [crm, own],
    [own, crm],
    [crm, shop],
  ] as const) {
    show(made);
    const backend = makeBackend('orders');
    show(shown);
    await backend.read('1');
    await backend.patch('1', { a: 1 }, undefined);
    await backend.insert({ a: 1 });
    await backend.bulk([{ method: 'DELETE', id: '1' }]);
    expect(seen.splice(0)).toEqual([made, made, made, made]);
  }
});
