import { describe, expect, it } from 'vitest';
import type { SourcePolicy } from '@/shared/api/types';
import { draftOfPolicy, policyOf, policyPath } from './policy';

const policy: SourcePolicy = {
  enabled: true,
  environment: 'production',
  restrictTo: ['admin'],
  requireConfirmation: true,
  dryRunMode: false,
  enableTableCreation: true,
  enableTableDeletion: false,
  enableColumnModification: true,
  enableColumnDeletion: true,
  enableIndexManagement: true,
  enableForeignKeyManagement: true,
  allowedDatabases: [],
  forbiddenTables: ['ledger', 'audit'],
  forbiddenColumns: ['users.email'],
};

describe('a policy in its form', () => {
  it('holds lists as lines, and comes back as it was', () => {
    const draft = draftOfPolicy(policy);
    expect(draft.forbiddenTables).toBe('ledger\naudit');
    expect(draft.allowedDatabases).toBe('');
    expect(policyOf(draft)).toEqual(policy);
  });
  it('sends what was typed, without empty lines', () => {
    const draft = { ...draftOfPolicy(policy), forbiddenColumns: ' a \n\n b.c,d' };
    expect(policyOf(draft).forbiddenColumns).toEqual(['a', 'b.c', 'd']);
  });
  it('quotes the name of the source in the address', () => {
    expect(policyPath('a/b')).toBe('api/db-editor/sources/a%2Fb/policy');
  });
});
