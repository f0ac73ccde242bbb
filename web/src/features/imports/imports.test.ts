import { describe, expect, it } from 'vitest';
import { ApiError } from '@/shared/api/client';
import type { Column, TableInfo } from '@/shared/api/types';
import { CsvReader, detectDelimiter, formatCsvRow, parseCsv } from './csv';
import { guessType } from './guess';
import {
  autoMap,
  doubleTargets,
  errorsCsv,
  mapParameter,
  missingColumns,
  rowErrors,
  upsertColumns,
} from './mapping';
import { detectFormat, readSource, scanObjects, toBody } from './source';

describe('CSV', () => {
  it('keeps delimiters, quotes and line ends inside quotes', () => {
    expect(parseCsv('a,"b ""x"", y"\r\n"line 1\nline 2",\n')).toEqual([
      ['a', 'b "x", y'],
      ['line 1\nline 2', ''],
    ]);
  });
  it('reads the same in pieces of any size', () => {
    const text = 'id,"na""me"\r\n1,"x, y"\n2,\n"",é😀\n';
    const whole = parseCsv(text);
    for (let size = 1; size < 8; size += 1) {
      const reader = new CsvReader(',');
      const letters = [...text];
      const rows: string[][] = [];
      for (let at = 0; at < letters.length; at += size)
        rows.push(...reader.push(letters.slice(at, at + size).join('')));
      rows.push(...reader.end());
      expect(rows).toEqual(whole);
    }
  });
  it('gives back what it wrote', () => {
    const rows = [['a', 'b,c', 'd"e', 'f\ng', ''], ['']];
    expect(parseCsv(rows.map(formatCsvRow).join(''))).toEqual(rows);
  });
  it('finds the delimiter', () => {
    expect(detectDelimiter('a;b;c\n1,5;2;3\n')).toBe(';');
    expect(detectDelimiter('a\tb\n1\t2\n')).toBe('\t');
    expect(detectDelimiter('a|b|c\n1|2|3')).toBe('|');
    expect(detectDelimiter('a,b\n1,2\n')).toBe(',');
    expect(detectDelimiter('only one column\nvalue\n')).toBe(',');
  });
});

describe('guessType', () => {
  it.each([
    [['1', '-2', ''], 'number', 'integer'],
    [['1', '3000000000'], 'number', 'bigint'],
    [['1', '2.5', '-1e3', '.5'], 'number', 'float'],
    [['0815', '12'], 'text', 'integer'],
    [['true', 'FALSE'], 'boolean', 'integer'],
    [['2024-02-29', ''], 'date', 'integer'],
    [['2024-02-29T10:00:00Z'], 'datetime', 'integer'],
    [['23:59'], 'time', 'integer'],
    [['{"a":1}', '[1]'], 'json', 'integer'],
    [['', ' '], 'text', 'integer'],
    [['1', 'x'], 'text', 'integer'],
  ] as const)('%j is %s (%s)', (values, type, kind) => {
    expect(guessType(values)).toEqual({ type, kind });
  });
});

describe('reading a file', () => {
  it('tells formats by what is inside', () => {
    expect(detectFormat('x.txt', ' [{"a":1}]')).toBe('json');
    expect(detectFormat('x.txt', '{"a":1}\n{"a":2}')).toBe('ndjson');
    expect(detectFormat('x.csv', 'a,b')).toBe('csv');
  });
  it('reads complete objects of a cut array', () => {
    expect(scanObjects('[{"a":"}{"},{"b":{"c":1}},{"d":', 10)).toEqual([
      { a: '}{' },
      { b: { c: 1 } },
    ]);
  });
  it('sends a plain CSV as it is', async () => {
    const file = new File(['a,b\n1,2\n'], 'x.csv');
    const source = await readSource(file);
    expect(source.headers).toEqual(['a', 'b']);
    expect(source.rows).toEqual([['1', '2']]);
    expect(await toBody(source)).toBe(file);
  });
  it('rewrites semicolons and Windows letters', async () => {
    const bytes = new Uint8Array([...'a;b\nx,1;caf'].map((c) => c.charCodeAt(0)).concat(0xe9, 10));
    const source = await readSource(new File([bytes], 'x.csv'));
    expect(source.encoding).toBe('windows-1252');
    expect(await (await toBody(source)).text()).toBe('a,b\n"x,1",café\n');
  });
  it('names the columns of a file without names', async () => {
    const source = await readSource(new File(['1,2\n3,4\n'], 'x.csv'), { hasHeader: false });
    expect(source.rows).toHaveLength(2);
    expect(await (await toBody(source)).text()).toBe('column_1,column_2\n1,2\n3,4\n');
  });
});

const column = (name: string, more: Partial<Column> = {}): Column => ({
  name,
  type: 'text',
  nullable: true,
  ...more,
});
const table: TableInfo = {
  tableName: 'custom_people',
  displayName: 'People',
  columns: [
    column('id', { primaryKey: true, nullable: false }),
    column('email', { unique: true, nullable: false }),
    column('first_name', { displayName: 'First name' }),
    column('created_at'),
  ],
};

describe('mapping', () => {
  it('follows names, whatever their writing, each column once', () => {
    expect(autoMap(['E-Mail', 'First Name', 'firstname', 'x'], table.columns)).toEqual([
      'email',
      'first_name',
      '',
      '',
    ]);
  });
  it('finds doubles and what is missing', () => {
    expect([...doubleTargets(['email', '', 'email', ''])]).toEqual(['email']);
    expect(missingColumns(table, ['first_name'])).toEqual(['email']);
  });
  it('is sent only where names differ', () => {
    expect(mapParameter(['email'], ['email'])).toBeUndefined();
    expect(mapParameter(['E', 'x'], ['email', ''])).toBe('{"E":"email","x":null}');
  });
  it('offers keys that are filled for updating', () => {
    expect(upsertColumns(table, ['email', 'first_name']).map((c) => c.name)).toEqual(['email']);
  });
  it('reads row errors of a refusal', () => {
    const errors = [{ row: 3, column: 'age', code: 'type', message: 'no number', value: 'x' }];
    const refusal = new ApiError(422, { code: 'import_failed', message: 'm' }, { errors });
    expect(rowErrors(refusal)).toEqual(errors);
    expect(rowErrors(new Error('x'))).toEqual([]);
    expect(errorsCsv(errors)).toBe('row,column,code,message,value\n3,age,type,no number,x\n');
  });
});
