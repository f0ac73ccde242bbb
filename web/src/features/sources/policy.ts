import { queryOptions } from '@tanstack/react-query';
import { api, path } from '@/shared/api/client';
import { keys } from '@/shared/api/queries';
import type { SourcePolicy } from '@/shared/api/types';
import { patternsOf } from './model';

export const environments = ['development', 'test', 'production'] as const;
export const levels = ['admin', 'developer', 'editor', 'user'] as const;

export type PolicySwitch =
  | 'enabled'
  | 'requireConfirmation'
  | 'dryRunMode'
  | 'enableTableCreation'
  | 'enableTableDeletion'
  | 'enableColumnModification'
  | 'enableColumnDeletion'
  | 'enableIndexManagement'
  | 'enableForeignKeyManagement';
export type PolicyList = 'allowedDatabases' | 'forbiddenTables' | 'forbiddenColumns';

/** The policy as the form holds it: a list is a text of one name a line. */
export type PolicyDraft = Omit<SourcePolicy, PolicyList> & Record<PolicyList, string>;

export function policyPath(name: string): string {
  return `${path('api/db-editor/sources', name)}/policy`;
}

export const policyQuery = (name: string) =>
  queryOptions({
    queryKey: [...keys.source(name), 'policy'],
    queryFn: ({ signal }) => api.get<SourcePolicy>(policyPath(name), { signal }),
    // a form is filled from it once: it has to be what holds now
    staleTime: 0,
    gcTime: 0,
  });

export function draftOfPolicy(policy: SourcePolicy): PolicyDraft {
  return {
    ...policy,
    allowedDatabases: policy.allowedDatabases.join('\n'),
    forbiddenTables: policy.forbiddenTables.join('\n'),
    forbiddenColumns: policy.forbiddenColumns.join('\n'),
  };
}

export function policyOf(draft: PolicyDraft): SourcePolicy {
  return {
    ...draft,
    allowedDatabases: patternsOf(draft.allowedDatabases),
    forbiddenTables: patternsOf(draft.forbiddenTables),
    forbiddenColumns: patternsOf(draft.forbiddenColumns),
  };
}
