import { useNavigate } from '@tanstack/react-router';
import {
  Activity,
  BookOpenText,
  Building2,
  Database,
  History,
  Keyboard,
  KeyRound,
  Languages,
  LogOut,
  Moon,
  Plus,
  ScrollText,
  Search,
  Sun,
  SunMoon,
  Table2,
  Trash2,
  Users,
} from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import { create } from 'zustand';
import { useTables } from '@/features/sources/current';
import { tablesMessages } from '@/features/tables/i18n';
import { basePath } from '@/shared/api/client';
import { languageNames, languages, setLanguage, useMessages } from '@/shared/i18n/core';
import { type Command, useCommands } from '@/shared/lib/commands';
import { setTheme } from '@/shared/lib/theme';
import { isAdminRole, isPlatformRole, signOut, useSession } from '@/shared/session/session';
import { TableIcon } from '@/shared/ui/table-icon';
import { appMessages } from './i18n';
import type { AppMessages } from './i18n/en';

interface Layers {
  palette: boolean;
  shortcuts: boolean;
}

export const useShellLayers = create<Layers>(() => ({ palette: false, shortcuts: false }));

export interface NavItem {
  to:
    | '/tables'
    | '/history'
    | '/trash'
    | '/audit'
    | '/tokens'
    | '/users'
    | '/tenants'
    | '/jobs'
    | '/sources';
  label: keyof AppMessages;
  icon: ReactNode;
  keys: string;
  when: 'all' | 'admin' | 'platform';
  group: 'data' | 'admin';
}

const icon = 'size-4';
export const navItems: NavItem[] = [
  {
    to: '/tables',
    label: 'tables',
    icon: <Table2 className={icon} />,
    keys: 'g t',
    when: 'all',
    group: 'data',
  },
  {
    to: '/history',
    label: 'history',
    icon: <History className={icon} />,
    keys: 'g h',
    when: 'all',
    group: 'data',
  },
  {
    to: '/trash',
    label: 'trash',
    icon: <Trash2 className={icon} />,
    keys: 'g x',
    when: 'all',
    group: 'data',
  },
  {
    to: '/jobs',
    label: 'jobs',
    icon: <Activity className={icon} />,
    keys: 'g j',
    when: 'all',
    group: 'data',
  },
  {
    to: '/sources',
    label: 'sources',
    icon: <Database className={icon} />,
    keys: 'g d',
    when: 'admin',
    group: 'admin',
  },
  {
    to: '/tokens',
    label: 'tokens',
    icon: <KeyRound className={icon} />,
    keys: 'g k',
    when: 'all',
    group: 'admin',
  },
  {
    to: '/users',
    label: 'users',
    icon: <Users className={icon} />,
    keys: 'g u',
    when: 'admin',
    group: 'admin',
  },
  {
    to: '/tenants',
    label: 'tenants',
    icon: <Building2 className={icon} />,
    keys: 'g n',
    when: 'platform',
    group: 'admin',
  },
  {
    to: '/audit',
    label: 'audit',
    icon: <ScrollText className={icon} />,
    keys: 'g l',
    when: 'admin',
    group: 'admin',
  },
];

export function useNavItems(): NavItem[] {
  const user = useSession((state) => state.user);
  return navItems.filter(
    (item) =>
      item.when === 'all' ||
      (item.when === 'admin' && isAdminRole(user)) ||
      (item.when === 'platform' && isPlatformRole(user)),
  );
}

const tableParts = [
  { to: '/tables/$tableName/data', label: 'tabData' },
  { to: '/tables/$tableName/schema', label: 'tabSchema' },
  { to: '/tables/$tableName/import', label: 'tabImport' },
  { to: '/tables/$tableName/api', label: 'tabApi' },
  { to: '/tables/$tableName/history', label: 'tabHistory' },
] as const;

/** What can be done from anywhere. */
export function useShellCommands(): void {
  const m = useMessages(appMessages);
  const t = useMessages(tablesMessages);
  const navigate = useNavigate();
  const items = useNavItems();
  const { data: tables } = useTables();

  const general = useMemo<Command[]>(
    () => [
      {
        id: 'palette',
        label: m.palette,
        group: '',
        keys: 'Mod+K',
        run: () => useShellLayers.setState((state) => ({ palette: !state.palette })),
      },
      {
        id: 'new-table',
        label: m.newTable,
        group: m.actions,
        icon: <Plus className={icon} />,
        keys: 'c',
        run: () => void navigate({ to: '/tables/new' }),
      },
      ...items.map((item) => ({
        id: `go-${item.to}`,
        label: String(m[item.label]),
        group: m.goTo,
        icon: item.icon,
        keys: item.keys,
        run: () => void navigate({ to: item.to }),
      })),
      {
        id: 'docs',
        label: m.apiReference,
        group: m.goTo,
        icon: <BookOpenText className={icon} />,
        run: () => void window.open(`${basePath()}openapi.json`, '_blank', 'noopener'),
      },
      {
        id: 'search-page',
        label: m.shortcutSearch,
        group: '',
        icon: <Search className={icon} />,
        keys: '/',
        run: () => document.querySelector<HTMLElement>('input[type="search"]')?.focus(),
      },
      {
        id: 'shortcuts',
        label: m.shortcuts,
        group: m.actions,
        icon: <Keyboard className={icon} />,
        keys: '?',
        run: () => useShellLayers.setState({ shortcuts: true }),
      },
      ...(
        [
          ['system', m.themeSystem, <SunMoon key="s" className={icon} />],
          ['light', m.themeLight, <Sun key="l" className={icon} />],
          ['dark', m.themeDark, <Moon key="d" className={icon} />],
        ] as const
      ).map(([theme, label, glyph]) => ({
        id: `theme-${theme}`,
        label: `${m.theme}: ${label}`,
        group: m.actions,
        icon: glyph,
        run: () => setTheme(theme),
      })),
      ...languages.map((language) => ({
        id: `language-${language}`,
        label: `${m.language}: ${languageNames[language]}`,
        group: m.actions,
        icon: <Languages className={icon} />,
        run: () => setLanguage(language),
      })),
      {
        id: 'sign-out',
        label: m.signOut,
        group: m.actions,
        icon: <LogOut className={icon} />,
        run: () => void signOut().then(() => navigate({ to: '/sign-in' })),
      },
    ],
    [m, items, navigate],
  );

  const goToTables = useMemo<Command[]>(
    () =>
      (tables ?? []).flatMap((table) =>
        tableParts.map(({ to, label }) => ({
          id: `table-${table.tableName}-${label}`,
          label: label === 'tabData' ? table.displayName : `${table.displayName}: ${t[label]}`,
          group: m.tables,
          words: `${t[label]} ${table.displayName} ${table.tableName}`,
          onlySearched: label !== 'tabData',
          icon: (
            <TableIcon icon={table.icon} color={table.color} name={table.tableName} size="sm" />
          ),
          run: () => void navigate({ to, params: { tableName: table.tableName } }),
        })),
      ),
    [tables, m, t, navigate],
  );

  useCommands('shell', general);
  useCommands('tables', goToTables);
}
