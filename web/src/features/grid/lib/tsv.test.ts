import { describe, expect, it } from 'vitest';
import { formatCsv, formatTsv, parseTsv, pasteSize } from './tsv';

const texts = (text: string) => parseTsv(text).map((row) => row.map((cell) => cell.text));

describe('tab separated cells', () => {
  it('come back as they went, whatever is in them', () => {
    const rows = [
      ['a', '', 'b\tc'],
      ['"quoted"', 'two\nlines', ''],
      ['è', '\r', '5" pipe'],
    ];
    expect(texts(formatTsv(rows))).toEqual(rows);
  });
  it('keep empty cells, also at the ends', () => {
    expect(texts('\ta\t\n\t\t')).toEqual([
      ['', 'a', ''],
      ['', '', ''],
    ]);
  });
  it('take the line ends of every system, and one at the end', () => {
    expect(texts('a\tb\r\nc\td\r\n')).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    expect(texts('a\n\nb')).toEqual([['a'], [''], ['b']]);
  });
  it('read a lone quote as a quote', () => {
    expect(texts('5" pipe\t"open')).toEqual([['5" pipe', '"open']]);
    expect(texts('"a" b\tc')).toEqual([['"a" b', 'c']]);
  });
  it('tell an empty text from an empty cell', () => {
    expect(parseTsv('""\t')).toEqual([
      [
        { text: '', quoted: true },
        { text: '', quoted: false },
      ],
    ]);
  });
  it('of nothing are one empty cell', () => expect(texts('')).toEqual([['']]));
});

describe('pasting', () => {
  const selection = { top: 2, left: 1, bottom: 5, right: 2 };
  it('repeats a block that divides the selection', () => {
    expect(pasteSize({ rows: 1, columns: 1 }, selection)).toEqual({ rows: 4, columns: 2 });
    expect(pasteSize({ rows: 2, columns: 2 }, selection)).toEqual({ rows: 4, columns: 2 });
  });
  it('pastes another block once', () => {
    expect(pasteSize({ rows: 3, columns: 1 }, selection)).toEqual({ rows: 3, columns: 1 });
  });
});

it('CSV tells NULL from the empty text and quotes what must be', () => {
  expect(
    formatCsv(
      ['a', 'b,c'],
      [
        [null, ''],
        ['x "y"', '1'],
      ],
    ),
  ).toBe('a,"b,c"\r\n,""\r\n"x ""y""",1\r\n');
});
