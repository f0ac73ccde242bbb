import { expect, it } from 'vitest';
import type { Column } from '@/shared/api/types';
import { csvOf, jsonOf } from './row-commands';

const columns: Column[] = [
  { name: 'name', type: 'text', nullable: true },
  { name: 'big', type: 'number', nullable: true },
  { name: 'tags', type: 'json', nullable: true },
];
const rows = [
  { id: 1, name: 'a,"b"', big: '9007199254740993', tags: { a: [1] } },
  { id: 2, name: '', big: null, tags: null },
];

it('a selection as CSV keeps digits, JSON, NULL and the empty text', () => {
  expect(csvOf(rows, columns)).toBe(
    'name,big,tags\r\n"a,""b""",9007199254740993,"{""a"":[1]}"\r\n"",,\r\n',
  );
});
it('a selection as JSON has the shown columns only', () => {
  expect(JSON.parse(jsonOf(rows, columns))).toEqual([
    { name: 'a,"b"', big: '9007199254740993', tags: { a: [1] } },
    { name: '', big: null, tags: null },
  ]);
});
