import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import clsx from 'clsx';
import {
  BookOpenText,
  ChevronsUpDown,
  Keyboard,
  LogOut,
  Monitor,
  Moon,
  Plus,
  Search,
  Sun,
  X,
} from 'lucide-react';
import { useMemo, useState } from 'react';
import { inSource, useCurrentSource, useTables } from '@/features/sources/current';
import { SourceSwitcher } from '@/features/sources/source-switcher';
import { api, basePath } from '@/shared/api/client';
import { keys } from '@/shared/api/queries';
import type { Tenant } from '@/shared/api/types';
import {
  languageNames,
  languages,
  setLanguage,
  useLanguage,
  useMessages,
} from '@/shared/i18n/core';
import { compareNames } from '@/shared/i18n/format';
import { scoreMatch } from '@/shared/lib/commands';
import { setTheme, type Theme, useTheme } from '@/shared/lib/theme';
import { isPlatformRole, signOut, useSession } from '@/shared/session/session';
import { IconButton } from '@/shared/ui/button';
import { Kbd } from '@/shared/ui/kbd';
import { LayerHome, placeOf } from '@/shared/ui/layer';
import { Logo } from '@/shared/ui/logo';
import { Menu, MenuChoice, MenuItem, MenuSeparator } from '@/shared/ui/menu';
import { TableIcon } from '@/shared/ui/table-icon';
import { VirtualList } from '@/shared/ui/virtual-list';
import { appMessages } from './i18n';
import { type NavItem, useNavItems, useShellLayers } from './shell-commands';

const rowClass =
  'flex h-8 min-w-0 items-center gap-2.5 rounded-md px-2 text-sm text-muted hover:bg-surface-3 hover:text-text aria-[current=page]:bg-surface-3 aria-[current=page]:font-medium aria-[current=page]:text-text';

/** A link of the list and the line under it. */
const rowHeight = 33;

function WorkspaceSwitcher() {
  const m = useMessages(appMessages);
  const { user, tenant } = useSession();
  const navigate = useNavigate();
  const platform = isPlatformRole(user);
  const { data: tenants } = useQuery({
    queryKey: keys.tenants,
    queryFn: async ({ signal }) => {
      const data = await api.get<{ tenants: Tenant[] } | Tenant[]>('api/tenants', { signal });
      return Array.isArray(data) ? data : data.tenants;
    },
    enabled: platform,
    staleTime: 60_000,
  });
  const current = tenants?.find((item) => item.slug === (tenant || 'main'));
  const label = current?.name || current?.slug || (platform ? 'main' : 'Telaio');

  const face = (
    <>
      <Logo className="size-7" />
      <span className="min-w-0 flex-1 text-left">
        <span className="block truncate font-semibold text-sm leading-4">Telaio</span>
        <span className="block truncate text-muted text-xs leading-4">{label}</span>
      </span>
    </>
  );
  if (!platform) return <div className="flex items-center gap-2.5 px-2 py-1.5">{face}</div>;
  return (
    <Menu
      align="start"
      trigger={
        <button
          type="button"
          aria-label={`${m.workspace}: ${label}`}
          className="flex w-full items-center gap-2.5 rounded-md px-2 py-1.5 hover:bg-surface-3"
        >
          {face}
          <ChevronsUpDown className="size-3.5 text-muted" aria-hidden />
        </button>
      }
    >
      <MenuChoice
        label={m.workspace}
        value={tenant || 'main'}
        options={(tenants ?? [{ id: 0, slug: 'main' }])
          .filter((item) => !item.disabled)
          .map((item) => ({
            value: item.slug,
            label: item.name || item.slug,
            hint: item.name ? item.slug : '',
          }))}
        onChange={(slug) =>
          void navigate({ to: '/workspaces/$slug', params: { slug }, search: inSource('') })
        }
      />
    </Menu>
  );
}

function UserMenu() {
  const m = useMessages(appMessages);
  const user = useSession((state) => state.user);
  const theme = useTheme((state) => state.theme);
  const language = useLanguage();
  const navigate = useNavigate();
  const name = [user?.firstName, user?.lastName].filter(Boolean).join(' ') || user?.email || '';
  return (
    <Menu
      align="start"
      side="top"
      trigger={
        <button
          type="button"
          aria-label={`${m.account}: ${name}`}
          className="flex w-full min-w-0 items-center gap-2.5 rounded-md px-2 py-1.5 text-left hover:bg-surface-3"
        >
          <span
            aria-hidden
            className="flex size-7 shrink-0 items-center justify-center rounded-full bg-accent-soft font-semibold text-accent-text text-xs uppercase"
          >
            {name.slice(0, 1)}
          </span>
          <span className="min-w-0 flex-1">
            <span className="block truncate text-sm leading-4">{name}</span>
            <span className="block truncate text-muted text-xs leading-4" translate="no">
              {user?.role}
            </span>
          </span>
          <ChevronsUpDown className="size-3.5 shrink-0 text-muted" aria-hidden />
        </button>
      }
    >
      <MenuChoice<Theme>
        label={m.theme}
        value={theme}
        onChange={setTheme}
        options={[
          { value: 'system', label: m.themeSystem, icon: <Monitor className="size-4" /> },
          { value: 'light', label: m.themeLight, icon: <Sun className="size-4" /> },
          { value: 'dark', label: m.themeDark, icon: <Moon className="size-4" /> },
        ]}
      />
      <MenuSeparator />
      <MenuChoice
        label={m.language}
        value={language}
        onChange={setLanguage}
        options={languages.map((value) => ({ value, label: languageNames[value] }))}
      />
      <MenuSeparator />
      <MenuItem
        icon={<Keyboard className="size-4" />}
        shortcut="?"
        onSelect={() => useShellLayers.setState({ shortcuts: true })}
      >
        {m.shortcuts}
      </MenuItem>
      <MenuItem
        icon={<BookOpenText className="size-4" />}
        render={<a href={`${basePath()}openapi.json`} target="_blank" rel="noopener" />}
      >
        {m.apiReference}
      </MenuItem>
      <MenuItem
        icon={<LogOut className="size-4" />}
        onSelect={() => void signOut().then(() => navigate({ to: '/sign-in' }))}
      >
        {m.signOut}
      </MenuItem>
    </Menu>
  );
}

function NavList({ items }: { items: NavItem[] }) {
  const m = useMessages(appMessages);
  return (
    <ul className="flex flex-col gap-px">
      {items.map((item) => (
        <li key={item.to}>
          <Link
            to={item.to}
            activeOptions={{ exact: true }}
            activeProps={{ 'aria-current': 'page' }}
            className={rowClass}
          >
            <span aria-hidden>{item.icon}</span>
            <span className="truncate">{String(m[item.label])}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

function TableList() {
  const m = useMessages(appMessages);
  const { data } = useTables();
  const { tableName } = useParams({ strict: false });
  const { source } = useCurrentSource();
  const [filter, setFilter] = useState('');
  const language = useLanguage();
  // biome-ignore lint/correctness/useExhaustiveDependencies: names are in the order of a language
  const tables = useMemo(
    () =>
      (data ?? [])
        .filter((table) => scoreMatch(filter, `${table.displayName} ${table.tableName}`) >= 0)
        .sort((a, b) => compareNames(a.displayName, b.displayName)),
    [data, filter, language],
  );
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex items-center gap-1 pr-1 pl-2">
        <h2 className="flex-1 font-medium text-muted text-xs">{m.tableList}</h2>
        {source?.mode === 'read-only' ? null : (
          <Link
            to="/tables/new"
            aria-label={m.newTable}
            title={m.newTable}
            className="flex size-6 items-center justify-center rounded-md text-muted hover:bg-surface-3 hover:text-text"
          >
            <Plus className="size-4" aria-hidden />
          </Link>
        )}
      </div>
      {(data?.length ?? 0) > 8 ? (
        <div className="relative mx-1 mt-1">
          <Search className="absolute top-2 left-2 size-3.5 text-muted" aria-hidden />
          <input
            type="text"
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
            aria-label={m.search}
            className="h-7 w-full rounded-md border border-border bg-surface pl-7 text-sm"
          />
        </div>
      ) : null}
      <VirtualList
        items={tables}
        itemKey={(table) => table.tableName}
        height={rowHeight}
        scrolls="self"
        className="scroll-thin mt-1 flex min-h-0 flex-1 flex-col overflow-y-auto pb-2"
        after={
          data && data.length === 0 ? (
            <li className="px-2 py-1 text-muted text-sm">{m.noTables}</li>
          ) : null
        }
      >
        {(table) => (
          <Link
            to="/tables/$tableName/data"
            params={{ tableName: table.tableName }}
            {...(tableName === table.tableName ? { 'aria-current': 'page' as const } : {})}
            className={clsx(rowClass, 'mb-px')}
          >
            <TableIcon icon={table.icon} color={table.color} name={table.tableName} size="sm" />
            <span className="truncate">{table.displayName}</span>
          </Link>
        )}
      </VirtualList>
    </div>
  );
}

const navigationHome = placeOf(() => document.getElementById('navigation'));

export function Sidebar({ open, onClose }: { open: boolean; onClose: () => void }) {
  const m = useMessages(appMessages);
  const items = useNavItems();
  return (
    <LayerHome value={navigationHome}>
      {open ? (
        <button
          type="button"
          aria-hidden
          tabIndex={-1}
          onClick={onClose}
          className="fixed inset-0 z-30 bg-overlay md:hidden"
        />
      ) : null}
      <nav
        id="navigation"
        aria-label={m.navigation}
        data-region="navigation"
        onKeyDown={(event) => {
          if (event.key === 'Escape') onClose();
        }}
        className={clsx(
          'flex w-60 shrink-0 flex-col gap-3 border-border border-r bg-surface-2 p-2',
          open ? 'fixed inset-y-0 left-0 z-40 shadow-float md:static' : 'max-md:hidden',
        )}
      >
        <div className="flex items-center gap-1">
          <div className="min-w-0 flex-1">
            <WorkspaceSwitcher />
          </div>
          {open ? (
            <IconButton label={m.collapse} size="sm" onClick={onClose}>
              <X className="size-4" aria-hidden />
            </IconButton>
          ) : null}
        </div>
        <button
          type="button"
          onClick={() => useShellLayers.setState({ palette: true })}
          className="flex h-8 items-center gap-2 rounded-md border border-border bg-surface px-2.5 text-muted text-sm shadow-card hover:border-border-strong"
        >
          <Search className="size-3.5" aria-hidden />
          <span className="flex-1 truncate text-left">{m.search}</span>
          <Kbd>Mod+K</Kbd>
        </button>
        <NavList items={items.filter((item) => item.group === 'data')} />
        <SourceSwitcher />
        <TableList />
        <div className="border-border border-t pt-2">
          <NavList items={items.filter((item) => item.group === 'admin')} />
        </div>
        <div className="border-border border-t pt-2">
          <UserMenu />
        </div>
      </nav>
    </LayerHome>
  );
}
