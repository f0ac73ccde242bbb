import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { ChevronsUpDown, Database, LockKeyhole } from 'lucide-react';
import { sourcesQuery } from '@/shared/api/queries';
import { useMessages } from '@/shared/i18n/core';
import { isAdminRole, useSession } from '@/shared/session/session';
import { Menu, MenuChoice, MenuItem, MenuSeparator } from '@/shared/ui/menu';
import { inSource, useCurrentSource } from './current';
import { sourcesMessages } from './i18n';

/** Where the tables in the list are; absent while there is nothing to choose from. */
export function SourceSwitcher() {
  const m = useMessages(sourcesMessages);
  const navigate = useNavigate();
  const { name } = useCurrentSource();
  const isAdmin = useSession((state) => isAdminRole(state.user));
  const { data } = useQuery({ ...sourcesQuery, enabled: isAdmin || name !== '' });
  const attached = data?.sources.filter((source) => !source.managed) ?? [];
  if (attached.length === 0 && !name) return null;
  const current = attached.find((source) => source.name === name);
  const label = name ? (current?.displayName ?? name) : m.ownTables;
  return (
    <Menu
      align="start"
      trigger={
        <button
          type="button"
          aria-label={m.sourceIs(label)}
          className="flex h-8 w-full min-w-0 items-center gap-2 rounded-md border border-border bg-surface px-2 text-left text-sm hover:border-border-strong"
        >
          <Database className="size-3.5 shrink-0 text-muted" aria-hidden />
          <span className="min-w-0 flex-1 truncate">{label}</span>
          {current?.mode === 'read-only' ? (
            <LockKeyhole className="size-3.5 shrink-0 text-muted" aria-label={m.readOnly} />
          ) : null}
          <ChevronsUpDown className="size-3.5 shrink-0 text-muted" aria-hidden />
        </button>
      }
    >
      <MenuChoice
        label={m.source}
        value={name || 'main'}
        options={[
          { value: 'main', label: m.ownTables },
          ...attached.map((source) => ({
            value: source.name,
            label: source.displayName,
            hint: source.label,
          })),
        ]}
        onChange={(next) => void navigate({ to: '/tables', search: inSource(next) })}
      />
      <MenuSeparator />
      <MenuItem render={<Link to="/sources" />}>{m.manage}</MenuItem>
    </Menu>
  );
}
