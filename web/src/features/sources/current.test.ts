import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { queryClient } from '@/app/query-client';
import { buildUrl, setSource } from '@/shared/api/client';
import { keys } from '@/shared/api/queries';
import { enterSource, inSource } from './current';

const tables = () => buildUrl('api/db-editor/tables');

describe('the part of an address that names a database', () => {
  it('is a name, however it was read', () => {
    expect(inSource('shop')).toEqual({ source: 'shop' });
    expect(inSource(2026)).toEqual({ source: '2026' });
    expect(inSource(true)).toEqual({ source: 'true' });
  });
  it('is absent for the own tables, and for nonsense', () => {
    for (const own of [undefined, null, '', 'main', ['shop'], { name: 'shop' }])
      expect(inSource(own)).toEqual({ source: undefined });
  });
});

describe('entering a database', () => {
  beforeEach(() => setSource(''));
  afterEach(() => {
    setSource('');
    queryClient.clear();
  });

  it('asks it from then on, and the own tables again without a name', () => {
    enterSource({ source: 'shop' });
    expect(tables()).toBe('/api/db-editor/tables?source=shop');
    enterSource({});
    expect(tables()).toBe('/api/db-editor/tables');
  });
  it('forgets what was shown of the former one, and nothing else', () => {
    const ofTables = [keys.tables, keys.table('orders'), keys.rows('orders'), keys.changes];
    for (const key of [...ofTables, keys.trash, keys.sources]) queryClient.setQueryData(key, []);
    enterSource({ source: 'shop' });
    for (const key of [...ofTables, keys.trash])
      expect(queryClient.getQueryData(key)).toBeUndefined();
    expect(queryClient.getQueryData(keys.sources)).toEqual([]);
  });
  it('keeps what is shown where one already is', () => {
    enterSource({ source: 'shop' });
    queryClient.setQueryData(keys.tables, []);
    enterSource({ source: 'shop' });
    expect(queryClient.getQueryData(keys.tables)).toEqual([]);
  });
});
