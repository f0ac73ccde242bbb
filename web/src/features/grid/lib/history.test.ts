import { expect, it } from 'vitest';
import {
  addStep,
  dropStep,
  emptyHistory,
  type History,
  replaceStep,
  takeAgain,
  takeBack,
} from './history';

const start: History<string> = emptyHistory;

it('goes back and forth', () => {
  const two = addStep(addStep(start, 'a'), 'b');
  const back = takeBack(two);
  expect(back?.step).toBe('b');
  const again = takeAgain(back?.history ?? start);
  expect(again?.step).toBe('b');
  expect(again?.history).toEqual(two);
});
it('has ends', () => {
  expect(takeBack(start)).toBeNull();
  expect(takeAgain(addStep(start, 'a'))).toBeNull();
});
it('forgets what was taken back when something new is done', () => {
  const back = takeBack(addStep(start, 'a'));
  const next = addStep(back?.history ?? start, 'b');
  expect(takeAgain(next)).toBeNull();
  expect(next.done).toEqual(['b']);
});
it('drops a refused step', () => {
  expect(dropStep(addStep(addStep(start, 'a'), 'b'), 'a').done).toEqual(['b']);
});
it('keeps the last 200', () => {
  let history = start;
  for (let step = 0; step < 300; step += 1) history = addStep(history, String(step));
  expect(history.done).toHaveLength(200);
  expect(history.done[0]).toBe('100');
});
it('keeps the part of a step that happened', () => {
  expect(replaceStep(addStep(addStep(start, 'a'), 'b'), 'a', 'c').done).toEqual(['c', 'b']);
});
