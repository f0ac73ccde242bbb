import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { basePath } from '@/shared/api/client';
import { loadSession, useSession } from '@/shared/session/session';
import { ErrorState, LoadingState } from '@/shared/ui/states';
import { NotFoundPage } from './not-found';
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

/** Everything behind the sign-in. */
const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'shell',
  beforeLoad: async ({ location }) => {
    await loadSession();
    if (useSession.getState().status === 'anonymous')
      throw redirect({ to: '/sign-in', search: { to: location.href } });
  },
  component: Shell,
});

const homeRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/tables' });
  },
});

const tablesRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/tables',
  component: lazyRouteComponent(() => import('@/features/tables/tables-page'), 'TablesPage'),
});

const tableRoute = createRoute({
  getParentRoute: () => shellRoute,
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

const routeTree = rootRoute.addChildren([
  signInRoute,
  setupRoute,
  shellRoute.addChildren([
    homeRoute,
    tablesRoute,
    tableRoute.addChildren([tableIndexRoute, tableDataRoute]),
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
