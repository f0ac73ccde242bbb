/**
 * The database whose tables are shown. The address says which, and nothing else keeps it: a link
 * opens the same table for everybody, and the way back leads to the database one came from.
 */

import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { queryClient } from '@/app/query-client';
import { ApiError, getPlace, setSource } from '@/shared/api/client';
import { keys, sourcesQuery, tablesQuery } from '@/shared/api/queries';
import type { SourceInfo } from '@/shared/api/types';
import { isAdminRole, useSession } from '@/shared/session/session';

export interface SourceSearch {
  /** name of the attached database; absent = the workspace's own tables */
  source?: string | undefined;
}

/** The part of an address that names a database; no name, or main: the workspace's own tables. */
export function inSource(name: unknown): SourceSearch {
  // What looks like a number or a truth comes as one.
  const text = ['string', 'number', 'boolean'].includes(typeof name) ? String(name) : '';
  return { source: text === 'main' ? undefined : text || undefined };
}

/** What is shown of a database is asked for again. */
export function forgetTables(): void {
  for (const key of [keys.tables, ['rows'], keys.changes, keys.trash])
    queryClient.removeQueries({ queryKey: key });
}

/**
 * Asks this database from now on. Answers of another are never taken for its own: they have the
 * same keys. Called when an address is entered, before its page asks for anything.
 */
export function enterSource({ source = '' }: SourceSearch): void {
  if (source === getPlace().source) return;
  setSource(source);
  forgetTables();
}

/** Name of the attached database that is shown; '' = the workspace's own tables. */
export function useSource(): string {
  return useSearch({ from: '/shell', select: (search) => search.source ?? '' });
}

export interface CurrentSource {
  name: string;
  source: SourceInfo | undefined;
  /** the address names a database that is not attached, or not for this person */
  missing: boolean;
}

export function useCurrentSource(): CurrentSource {
  const name = useSource();
  const isAdmin = useSession((state) => isAdminRole(state.user));
  const { data, error } = useQuery({ ...sourcesQuery, enabled: isAdmin || name !== '' });
  const source = data?.sources.find((one) => one.name === name);
  const hidden = error instanceof ApiError && error.status === 403;
  return { name, source, missing: name !== '' && !source && (data !== undefined || hidden) };
}

/** The tables of that database, for what stays on the screen when it becomes another one. */
export function useTables() {
  useSource();
  return useQuery(tablesQuery);
}
