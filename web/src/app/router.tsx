import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
  retainSearchParams,
} from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { enterSource, inSource, type SourceSearch } from '@/features/sources/current';
import { SourceScope } from '@/features/sources/source-scope';
import { basePath } from '@/shared/api/client';
import { chooseTenant, isPlatformRole, loadSession, useSession } from '@/shared/session/session';
import { ErrorState, LoadingState } from '@/shared/ui/states';
import { NotFoundPage } from './not-found';
import { queryClient } from './query-client';
import { Shell } from './shell';

const rootRoute = createRootRoute({
  component: Outlet,
  notFoundComponent: NotFoundPage,
});

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  validateSearch: (search: Record<string, unknown>): { to?: string } =>
    typeof search['to'] === 'string' ? { to: search['to'] } : {},
  component: lazyRouteComponent(() => import('@/features/session/sign-in'), 'SignInPage'),
});

const setupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/setup',
  validateSearch: (search: Record<string, unknown>): { token?: string } =>
    search['token'] === undefined ? {} : { token: String(search['token']) },
  component: lazyRouteComponent(() => import('@/features/session/setup'), 'SetupPage'),
});

/** Everything behind the sign-in. The database that is shown stays in the address on every way. */
const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'shell',
  validateSearch: (search: Record<string, unknown>): SourceSearch => inSource(search['source']),
  search: { middlewares: [retainSearchParams(['source'])] },
  beforeLoad: async ({ location, preload, search }) => {
    await loadSession();
    if (useSession.getState().status === 'anonymous')
      throw redirect({ to: '/sign-in', search: { to: location.href } });
    // A link that is only pointed at changes nothing of what is shown.
    if (!preload) enterSource(search);
  },
  component: Shell,
});

/**
 * The way into another workspace. It is an address so that unsaved work is asked about before
 * anything of the former one is left: what is drawn in one workspace is never saved in another.
 */
const workspaceRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/workspaces/$slug',
  beforeLoad: async ({ params, preload }) => {
    if (!preload && isPlatformRole(useSession.getState().user)) {
      chooseTenant(params.slug === 'main' ? '' : params.slug);
      // Before anything is asked again: the databases of the other workspace are others.
      enterSource(inSource(''));
      await loadSession(true); // one that is not there is not kept
      void queryClient.resetQueries();
    }
    throw redirect({ to: '/tables', search: inSource(''), replace: true });
  },
});

/** What is about the tables of one database; the other pages are about the whole workspace. */
const sourceRoute = createRoute({
  getParentRoute: () => shellRoute,
  id: 'source',
  component: SourceScope,
});

const homeRoute = createRoute({
  getParentRoute: () => sourceRoute,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/tables' });
  },
});

const tablesRoute = createRoute({
  getParentRoute: () => sourceRoute,
  path: '/tables',
  component: lazyRouteComponent(() => import('@/features/tables/tables-page'), 'TablesPage'),
});

const tableNewRoute = createRoute({
  getParentRoute: () => sourceRoute,
  path: '/tables/new',
  component: lazyRouteComponent(() => import('@/features/designer/new-table-page'), 'NewTablePage'),
});

const tableFromFileRoute = createRoute({
  getParentRoute: () => sourceRoute,
  path: '/tables/from-file',
  component: lazyRouteComponent(() => import('@/features/imports/from-file-page'), 'FromFilePage'),
});

const historyRoute = createRoute({
  getParentRoute: () => sourceRoute,
  path: '/history',
  validateSearch: (search: Record<string, unknown>): { change?: string; table?: string } => ({
    ...(typeof search['change'] === 'string' ? { change: search['change'] } : {}),
    ...(typeof search['table'] === 'string' ? { table: search['table'] } : {}),
  }),
  component: lazyRouteComponent(() => import('@/features/history/history-page'), 'HistoryPage'),
});

const trashRoute = createRoute({
  getParentRoute: () => sourceRoute,
  path: '/trash',
  component: lazyRouteComponent(() => import('@/features/trash/trash-page'), 'TrashPage'),
});

const auditRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/audit',
  component: lazyRouteComponent(() => import('@/features/audit/audit-page'), 'AuditPage'),
});

const jobsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/jobs',
  component: lazyRouteComponent(() => import('@/features/jobs/jobs-page'), 'JobsPage'),
});

const tokensRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/tokens',
  component: lazyRouteComponent(() => import('@/features/admin/tokens-page'), 'TokensPage'),
});

const usersRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/users',
  component: lazyRouteComponent(() => import('@/features/admin/users-page'), 'UsersPage'),
});

const tenantsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/tenants',
  component: lazyRouteComponent(() => import('@/features/admin/tenants-page'), 'TenantsPage'),
});

const sourcesRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/sources',
  component: lazyRouteComponent(() => import('@/features/sources/sources-page'), 'SourcesPage'),
});

const sourceNewRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/sources/new',
  component: lazyRouteComponent(() => import('@/features/sources/connect-page'), 'ConnectPage'),
});

const sourceEditRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/sources/$sourceName',
  component: lazyRouteComponent(() => import('@/features/sources/connect-page'), 'EditSourcePage'),
});

const sourcePolicyRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/sources/$sourceName/policy',
  component: lazyRouteComponent(() => import('@/features/sources/policy-page'), 'SourcePolicyPage'),
});

const tableRoute = createRoute({
  getParentRoute: () => sourceRoute,
  path: '/tables/$tableName',
  component: lazyRouteComponent(() => import('@/features/tables/table-layout'), 'TableLayout'),
});

const tableIndexRoute = createRoute({
  getParentRoute: () => tableRoute,
  path: '/',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/tables/$tableName/data', params });
  },
});

const Grid = lazy(() =>
  import('@/features/grid').then((module) => ({ default: module.DataGridPage })),
);

const tableDataRoute = createRoute({
  getParentRoute: () => tableRoute,
  path: '/data',
  // The grid keeps its filter, sort and selection in the search part of the address.
  validateSearch: (search: Record<string, unknown>) => search,
  component: function TableData() {
    const { tableName } = tableDataRoute.useParams();
    return (
      <Suspense fallback={<LoadingState />}>
        <Grid key={tableName} tableName={tableName} />
      </Suspense>
    );
  },
});

const tableSchemaRoute = createRoute({
  getParentRoute: () => tableRoute,
  path: '/schema',
  component: lazyRouteComponent(
    () => import('@/features/designer/edit-table-page'),
    'EditTablePage',
  ),
});

const tableImportRoute = createRoute({
  getParentRoute: () => tableRoute,
  path: '/import',
  component: lazyRouteComponent(() => import('@/features/imports/import-page'), 'ImportPage'),
});

const tableApiRoute = createRoute({
  getParentRoute: () => tableRoute,
  path: '/api',
  component: lazyRouteComponent(() => import('@/features/api-page/api-page'), 'ApiPage'),
});

const tableHistoryRoute = createRoute({
  getParentRoute: () => tableRoute,
  path: '/history',
  component: lazyRouteComponent(
    () => import('@/features/history/history-page'),
    'TableHistoryPage',
  ),
});

const routeTree = rootRoute.addChildren([
  signInRoute,
  setupRoute,
  shellRoute.addChildren([
    workspaceRoute,
    sourceRoute.addChildren([
      homeRoute,
      tablesRoute,
      tableNewRoute,
      tableFromFileRoute,
      historyRoute,
      trashRoute,
      tableRoute.addChildren([
        tableIndexRoute,
        tableDataRoute,
        tableSchemaRoute,
        tableImportRoute,
        tableApiRoute,
        tableHistoryRoute,
      ]),
    ]),
    auditRoute,
    jobsRoute,
    tokensRoute,
    usersRoute,
    tenantsRoute,
    sourcesRoute,
    sourceNewRoute,
    sourceEditRoute,
    sourcePolicyRoute,
  ]),
]);

export const router = createRouter({
  routeTree,
  basepath: basePath(),
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  defaultErrorComponent: ({ error, reset }) => <ErrorState error={error} onRetry={reset} />,
  defaultNotFoundComponent: NotFoundPage,
  defaultPendingComponent: LoadingState,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
