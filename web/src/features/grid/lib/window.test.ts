import { describe, expect, it } from 'vitest';
import {
  followScroll,
  makeSpace,
  maxPhysical,
  moveTo,
  pagesOf,
  placeColumns,
  revealRow,
  topMax,
  visibleColumns,
  visibleRows,
} from './window';

const million = makeSpace(1_000_000, 32, 600);

describe('the scroll space', () => {
  it('is as high as its rows while browsers can draw that', () => {
    expect(makeSpace(1000, 32, 600)).toEqual({ logical: 32_000, physical: 32_000, viewport: 600 });
  });
  it('is cut where browsers fail', () => {
    expect(million.logical).toBe(32_000_000);
    expect(million.physical).toBe(maxPhysical);
  });
  it('shows the last of a million rows when the bar is at its end', () => {
    const position = followScroll(million, { top: 0, physical: 0 }, maxPhysical - 600);
    expect(position.top).toBe(topMax(million));
    expect(visibleRows(million, position.top, 32, 0)).toEqual({ first: 999_981, end: 1_000_000 });
  });
  it('reaches the last row of five millions exactly from the keyboard', () => {
    const space = makeSpace(5_000_000, 32, 617);
    const { top, physical } = moveTo(space, revealRow(space, 0, 32, 4_999_999));
    expect(top).toBe(topMax(space));
    expect(physical).toBe(space.physical - 617);
    expect(visibleRows(space, top, 32, 4).end).toBe(5_000_000);
  });
  it('moves a wheel step one to one and a drag in proportion', () => {
    const start = moveTo(million, 16_000_000);
    const wheel = followScroll(million, start, start.physical + 100);
    expect(wheel.top - start.top).toBe(100);
    const drag = followScroll(million, start, 2_000_000);
    expect(drag.top / topMax(million)).toBeCloseTo(2_000_000 / (maxPhysical - 600), 6);
  });
  it('stays inside', () => {
    expect(moveTo(million, -5).top).toBe(0);
    expect(moveTo(million, 1e12).top).toBe(topMax(million));
    const near = moveTo(million, 20);
    expect(followScroll(million, near, 0).top).toBe(0);
  });
  it('has no rows when the table is empty', () => {
    expect(visibleRows(makeSpace(0, 32, 600), 0, 32, 8)).toEqual({ first: 0, end: 0 });
    expect(moveTo(makeSpace(0, 32, 600), 10)).toEqual({ top: 0, physical: 0 });
  });
});

describe('revealing a row', () => {
  const space = makeSpace(100, 32, 320);
  it('does nothing for a row in sight', () => expect(revealRow(space, 64, 32, 5)).toBe(64));
  it('puts a row above at the top', () => expect(revealRow(space, 640, 32, 3)).toBe(96));
  it('puts a row below at the bottom', () => expect(revealRow(space, 0, 32, 10)).toBe(32));
});

describe('columns', () => {
  const places = placeColumns([100, 200, 50, 300], 40);
  it('lie beside each other', () =>
    expect(places.map((place) => place.left)).toEqual([40, 140, 340, 390]));
  it('are drawn only where they are seen', () => {
    expect(visibleColumns(places, 0, 120, 0)).toEqual({ first: 0, end: 1 });
    expect(visibleColumns(places, 345, 100, 0)).toEqual({ first: 2, end: 4 });
  });
});

describe('pages', () => {
  it('cover the rows', () => {
    expect(pagesOf(0, 100, 100)).toEqual([1]);
    expect(pagesOf(95, 205, 100)).toEqual([1, 2, 3]);
    expect(pagesOf(10, 10, 100)).toEqual([]);
  });
});
