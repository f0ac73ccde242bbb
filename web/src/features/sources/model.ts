import type { SourceInfo, SourceKind } from '@/shared/api/types';

/** What a person types into the form; the texts as they stand there. */
export interface SourceDraft {
  name: string;
  displayName: string;
  kind: string;
  /** an address instead of its parts */
  byAddress: boolean;
  address: string;
  host: string;
  port: string;
  database: string;
  schema: string;
  user: string;
  /** null: the one that is kept stays */
  password: string | null;
  tls: 'prefer' | 'off' | 'require' | 'verify';
  path: string;
  writable: boolean;
  allow: string;
  forbid: string;
}

export type SourceField = 'host' | 'port' | 'database' | 'schema' | 'user' | 'tls' | 'path';

const fieldsByKind: Record<string, readonly SourceField[]> = {
  sqlite: ['path'],
  postgresql: ['host', 'port', 'database', 'schema', 'user', 'tls'],
  mariadb: ['host', 'port', 'database', 'user', 'tls'],
  mongodb: ['host', 'port', 'database', 'user', 'tls'],
};

/** The parts that the form asks for; a kind that is new to the studio has those of a server. */
export function fieldsOf(kind: Pick<SourceKind, 'kind' | 'port'>): readonly SourceField[] {
  return (
    fieldsByKind[kind.kind] ??
    (kind.port > 0 ? ['host', 'port', 'database', 'user', 'tls'] : ['path'])
  );
}

export function emptyDraft(kind = ''): SourceDraft {
  return {
    name: '',
    displayName: '',
    kind,
    byAddress: false,
    address: '',
    host: '',
    port: '',
    database: '',
    schema: '',
    user: '',
    password: '',
    tls: 'prefer',
    path: '',
    writable: false,
    allow: '',
    forbid: '',
  };
}

export function draftOf(source: SourceInfo): SourceDraft {
  const options = source.options ?? {};
  return {
    ...emptyDraft(source.kind),
    name: source.name,
    displayName: source.displayName === source.name ? '' : source.displayName,
    address: options.address ?? '',
    host: options.host ?? options.socket ?? '',
    port: options.port ? String(options.port) : '',
    database: options.database ?? '',
    schema: options.schema ?? '',
    user: options.user ?? '',
    password: source.hasPassword ? null : '',
    tls: options.tls ?? 'prefer',
    path: options.path ?? '',
    writable: source.mode === 'read-write',
    allow: (source.allowTables ?? []).join('\n'),
    forbid: (source.forbidTables ?? []).join('\n'),
  };
}

/** A name for addresses out of what it is called: "Web shop" is "web-shop". */
export function nameFrom(displayName: string): string {
  return displayName
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64);
}

/** One pattern a line; commas part them too. */
export function patternsOf(text: string): string[] {
  return text
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter(Boolean);
}

export type DraftProblem = 'name' | 'nameTaken' | 'host' | 'path' | 'port' | 'address';

export function problemsOf(
  draft: SourceDraft,
  kind: SourceKind,
  taken: readonly string[] = [],
): Partial<Record<keyof SourceDraft, DraftProblem>> {
  const problems: Partial<Record<keyof SourceDraft, DraftProblem>> = {};
  if (!/^[a-z0-9][a-z0-9_-]{0,63}$/.test(draft.name)) problems.name = 'name';
  else if (taken.includes(draft.name)) problems.name = 'nameTaken';
  if (draft.byAddress) {
    if (!draft.address.trim()) problems.address = 'address';
    return problems;
  }
  const fields = fieldsOf(kind);
  if (fields.includes('host') && !draft.host.trim()) problems.host = 'host';
  if (fields.includes('path') && !draft.path.trim()) problems.path = 'path';
  if (draft.port && !(/^\d+$/.test(draft.port) && Number(draft.port) <= 65535))
    problems.port = 'port';
  return problems;
}

/** Where it is: the address, or its parts. A host that is an absolute path is a local socket. */
function placeOf(draft: SourceDraft, kind: SourceKind): Record<string, unknown> {
  if (draft.byAddress) return { address: draft.address.trim() };
  const place: Record<string, unknown> = {};
  for (const field of fieldsOf(kind)) {
    const text = draft[field].trim();
    if (field === 'tls') place['tls'] = text;
    else if (field === 'port') {
      if (text) place['port'] = Number(text);
    } else if (field === 'host' && text.startsWith('/')) place['socket'] = text;
    else if (text) place[field] = text;
  }
  return place;
}

/** The body of a new source, or of a change of the one that is there. */
export function bodyOf(draft: SourceDraft, kind: SourceKind, before?: SourceDraft): object {
  const place = placeOf(draft, kind);
  const isMoved = !before || JSON.stringify(placeOf(before, kind)) !== JSON.stringify(place);
  const allow = patternsOf(draft.allow);
  return {
    ...(before ? {} : { name: draft.name, ...(draft.byAddress ? {} : { kind: draft.kind }) }),
    ...(draft.displayName.trim() || before
      ? { displayName: draft.displayName.trim() || null }
      : {}),
    ...(isMoved ? place : {}),
    ...(draft.password === null || (!before && !draft.password)
      ? {}
      : { password: draft.password || null }),
    mode: draft.writable ? 'read-write' : 'read-only',
    allowTables: allow.length > 0 ? allow : null,
    forbidTables: patternsOf(draft.forbid),
  };
}
