import { describe, expect, it } from 'vitest';
import type { SourceInfo, SourceKind } from '@/shared/api/types';
import { bodyOf, draftOf, emptyDraft, fieldsOf, nameFrom, patternsOf, problemsOf } from './model';

const file: SourceKind = { kind: 'sqlite', label: 'SQLite', scheme: 'sqlite', port: 0 };
const server: SourceKind = {
  kind: 'postgresql',
  label: 'PostgreSQL',
  scheme: 'postgres',
  port: 5432,
};

describe('a source as it is typed', () => {
  it('asks for a path of a file and for a host of a server', () => {
    expect(fieldsOf(file)).toEqual(['path']);
    expect(fieldsOf(server)).toContain('schema');
    expect(fieldsOf({ kind: 'new', port: 1 })).toContain('host');
    expect(fieldsOf({ kind: 'new', port: 0 })).toEqual(['path']);
  });
  it('makes a name out of what it is called', () => {
    expect(nameFrom('  Web Shop # 2 ')).toBe('web-shop-2');
    expect(nameFrom('Città')).toBe('citta');
    expect(nameFrom('***')).toBe('');
  });
  it('reads patterns by lines and by commas', () => {
    expect(patternsOf('a\n b*, c\n\n')).toEqual(['a', 'b*', 'c']);
  });
  it('says what is missing', () => {
    const draft = emptyDraft('postgresql');
    expect(problemsOf(draft, server)).toEqual({ name: 'name', host: 'host' });
    expect(problemsOf({ ...draft, name: 'a', host: 'h', port: '70000' }, server)).toEqual({
      port: 'port',
    });
    expect(problemsOf({ ...draft, name: 'a', host: 'h' }, server, ['a'])).toEqual({
      name: 'nameTaken',
    });
    expect(problemsOf({ ...draft, name: 'a', byAddress: true }, server)).toEqual({
      address: 'address',
    });
    expect(problemsOf({ ...emptyDraft('sqlite'), name: 'Bad name' }, file)).toEqual({
      name: 'name',
      path: 'path',
    });
  });
});

describe('a source as it is sent', () => {
  const draft = {
    ...emptyDraft('postgresql'),
    name: 'shop',
    host: 'db',
    port: '5433',
    user: 'u',
    password: 'p',
  };
  it('is read-only unless somebody allows more', () => {
    expect(bodyOf(draft, server)).toEqual({
      name: 'shop',
      kind: 'postgresql',
      host: 'db',
      port: 5433,
      user: 'u',
      tls: 'prefer',
      password: 'p',
      mode: 'read-only',
      allowTables: null,
      forbidTables: [],
    });
    expect(bodyOf({ ...draft, writable: true }, server)).toMatchObject({ mode: 'read-write' });
  });
  it('takes a local socket for a host', () => {
    const body = bodyOf({ ...draft, host: '/run/postgresql', password: '' }, server);
    expect(body).toMatchObject({ socket: '/run/postgresql' });
    expect(body).not.toHaveProperty('host');
    expect(body).not.toHaveProperty('password');
  });
  it('leaves the kind to an address', () => {
    const body = bodyOf({ ...draft, byAddress: true, address: ' postgres://u@db/shop ' }, server);
    expect(body).toMatchObject({ address: 'postgres://u@db/shop' });
    expect(body).not.toHaveProperty('kind');
    expect(body).not.toHaveProperty('host');
  });
  it('keeps the password and the place that nobody touched', () => {
    const source: SourceInfo = {
      name: 'shop',
      displayName: 'shop',
      kind: 'postgresql',
      label: 'PostgreSQL',
      managed: false,
      mode: 'read-only',
      hasPassword: true,
      options: { host: 'db', user: 'u', tls: 'verify' },
      allowTables: ['a*'],
      forbidTables: ['b'],
      connected: true,
    };
    const before = draftOf(source);
    expect(before.password).toBeNull();
    expect(bodyOf({ ...before, writable: true }, server, before)).toEqual({
      displayName: null,
      mode: 'read-write',
      allowTables: ['a*'],
      forbidTables: ['b'],
    });
    expect(bodyOf({ ...before, host: 'other', password: 'again' }, server, before)).toMatchObject({
      host: 'other',
      user: 'u',
      tls: 'verify',
      password: 'again',
    });
    expect(bodyOf({ ...before, password: '' }, server, before)).toMatchObject({ password: null });
  });
});
