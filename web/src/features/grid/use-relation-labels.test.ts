import { expect, it } from 'vitest';
import type { Column } from '@/shared/api/types';
import { labelKey, missingLabels } from './use-relation-labels';

const columns: Column[] = [
  { name: 'name', type: 'text', nullable: true },
  { name: 'team', type: 'relation', relatedTable: 'teams', nullable: true },
  { name: 'boss', type: 'relation', relatedTable: 'people', nullable: true },
];

it('asks for each related row once, by table', () => {
  const rows = [
    { name: 'a', team: 't1', boss: null },
    { name: 'b', team: 't1', boss: 'p1' },
    undefined,
    { name: 'c', team: 't2', boss: 'p1' },
  ];
  const known = new Map([[labelKey('teams', 't2'), 'Blue']]);
  const missing = missingLabels(columns, rows, known);
  expect([...missing].map(([table, ids]) => [table, [...ids]])).toEqual([
    ['teams', ['t1']],
    ['people', ['p1']],
  ]);
});
