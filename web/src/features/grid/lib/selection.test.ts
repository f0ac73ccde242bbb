import { expect, it } from 'vitest';
import { allRows, choose, countChosen, isChosen, noRows } from './selection';

const row = (key: string) => ({ key, row: { id: key } });

it('takes rows in and out', () => {
  const two = choose(noRows, [row('a'), row('b')], true);
  expect(countChosen(two, 100)).toBe(2);
  expect(isChosen(two, 'a')).toBe(true);
  expect(isChosen(choose(two, [row('a')], false), 'a')).toBe(false);
  expect(isChosen(noRows, 'a')).toBe(false);
});
it('takes all rows but some, without knowing them', () => {
  const most = choose(allRows, [row('a')], false);
  expect(countChosen(most, 1_000_000)).toBe(999_999);
  expect(isChosen(most, 'a')).toBe(false);
  expect(isChosen(most, 'never seen')).toBe(true);
  expect(countChosen(choose(most, [row('a')], true), 10)).toBe(10);
});
