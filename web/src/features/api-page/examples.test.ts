import { describe, expect, it } from 'vitest';
import type { TableInfo } from '@/shared/api/types';
import { curlOf, endpointsOf, exampleBody, exampleRow, exampleValue, shellQuote } from './examples';

const table: TableInfo = {
  tableName: 'custom_people',
  displayName: 'People',
  apiPath: '/api/custom/people',
  columns: [
    { name: 'id', type: 'uuid', nullable: false, primaryKey: true },
    { name: 'tenant_id', type: 'text', nullable: false },
    { name: 'email', type: 'text', nullable: false },
    { name: 'age', type: 'number', kind: 'integer', nullable: true, validation: { max: 18 } },
    { name: 'stage', type: 'enum', values: ['lead', 'won'], nullable: true },
    { name: 'orders', type: 'relation', relationType: 'hasMany', nullable: true },
    { name: 'created_at', type: 'datetime', nullable: false },
  ],
};

describe('examples', () => {
  it('have a value of each column within its rules', () => {
    expect(exampleRow(table)).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      email: 'ada@example.com',
      age: 18,
      stage: 'lead',
      created_at: '2026-05-17T09:30:00Z',
    });
    expect(exampleValue({ name: 'x', type: 'text', nullable: true, maxLength: 0 })).toBe('x');
  });
  it('send only what a program may fill', () => {
    expect(Object.keys(exampleBody(table))).toEqual(['email', 'age', 'stage']);
    expect(Object.keys(exampleBody(table, true))).toEqual(['email']);
  });
  it('name every endpoint once', () => {
    const keys = endpointsOf(table).map((endpoint) => endpoint.key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(endpointsOf(table)[0]?.path).toBe('/api/custom/people');
  });
});

describe('curlOf', () => {
  it('quotes what a shell would read', () => {
    expect(shellQuote("a'b $x")).toBe(`'a'\\''b $x'`);
  });
  it('is one command with token, body and id', () => {
    const update = endpointsOf(table).find((endpoint) => endpoint.key === 'update');
    if (!update) throw new Error('no update');
    const command = curlOf(update, { origin: 'http://h:1', token: 't', id: 'a/b' });
    expect(command).toBe(
      [
        `curl -X PATCH 'http://h:1/api/custom/people/a%2Fb'`,
        `  -H 'Authorization: Bearer t'`,
        `  -H 'Content-Type: application/json'`,
        `  -d '{"email":"ada@example.com"}'`,
      ].join(' \\\n'),
    );
  });
});
