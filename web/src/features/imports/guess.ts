import type { ColumnType, NumberKind } from '@/shared/api/types';

export interface Guess {
  type: ColumnType;
  kind: NumberKind;
}

const patterns: [ColumnType, RegExp][] = [
  ['boolean', /^(true|false)$/i],
  ['uuid', /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i],
  ['date', /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/],
  ['datetime', /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$/],
  ['time', /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?$/],
];
const integer = /^[+-]?(0|[1-9]\d{0,18})$/;
const decimal = /^[+-]?(0|[1-9]\d*)?(\.\d+)?([eE][+-]?\d+)?$/;

function isNumber(value: string): boolean {
  return value !== '' && /\d/.test(value) && decimal.test(value);
}

/** The narrowest type that takes all the values; empty ones say nothing. */
export function guessType(values: readonly string[]): Guess {
  const given = values.map((value) => value.trim()).filter((value) => value !== '');
  if (given.length === 0) return { type: 'text', kind: 'integer' };
  for (const [type, pattern] of patterns)
    if (given.every((value) => pattern.test(value))) return { type, kind: 'integer' };
  // "0815" is a code, not a number: its zero would be lost.
  if (given.every((value) => integer.test(value))) {
    const large = given.some((value) => Math.abs(Number(value)) > 2_147_483_647);
    return { type: 'number', kind: large ? 'bigint' : 'integer' };
  }
  if (given.every(isNumber)) return { type: 'number', kind: 'float' };
  if (given.every((value) => /^[[{]/.test(value) && isJson(value)))
    return { type: 'json', kind: 'integer' };
  return { type: 'text', kind: 'integer' };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
