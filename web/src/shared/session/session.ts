import { create } from 'zustand';
import { ApiError, api, onUnauthenticated, setCsrf, setTenant } from '../api/client';
import type { User } from '../api/types';

interface MeAnswer {
  user?: User;
  csrf?: string;
  csrfToken?: string;
  tenant?: string | { slug: string; name?: string };
  setupRequired?: boolean;
}

interface Session {
  /** unknown until the first answer of /api/auth/me */
  status: 'unknown' | 'anonymous' | 'signed-in' | 'expired' | 'unreachable';
  user: User | null;
  /** slug a platform user chose; '' = the server's default */
  tenant: string;
}

const tenantKey = 'telaio.tenant';

function storedTenant(): string {
  try {
    return localStorage.getItem(tenantKey) ?? '';
  } catch {
    return '';
  }
}

export const useSession = create<Session>(() => ({
  status: 'unknown',
  user: null,
  tenant: storedTenant(),
}));

export function isPlatformRole(user: User | null): boolean {
  return user?.role === 'OWNER' || user?.role === 'PLATFORM_ADMIN';
}

/** True for roles that administrate users of their tenant. */
export function isAdminRole(user: User | null): boolean {
  return isPlatformRole(user) || user?.role === 'TENANT_ADMIN';
}

export function chooseTenant(slug: string): void {
  try {
    localStorage.setItem(tenantKey, slug);
  } catch {
    // lasts for this page only
  }
  setTenant(slug);
  useSession.setState({ tenant: slug });
}

let loading: Promise<void> | null = null;

async function fetchMe(): Promise<void> {
  try {
    const answer = await api.get<MeAnswer & User>('api/auth/me');
    const user = answer.user ?? answer;
    setCsrf(answer.csrf ?? answer.csrfToken ?? '');
    if (isPlatformRole(user)) setTenant(useSession.getState().tenant);
    else setTenant('');
    useSession.setState({ status: 'signed-in', user });
  } catch (error) {
    const failure = error instanceof ApiError ? error : null;
    // A remembered tenant may be gone; without it the answer is about the person again.
    if (failure?.status !== 401 && useSession.getState().tenant && failure?.status) {
      chooseTenant('');
      return fetchMe();
    }
    useSession.setState({
      status: failure?.status === 401 ? 'anonymous' : 'unreachable',
      user: null,
    });
  }
}

/** Asks who is signed in, once; `force` asks again. */
export function loadSession(force = false): Promise<void> {
  if (!loading || force) loading = fetchMe();
  return loading;
}

export async function signIn(email: string, password: string): Promise<void> {
  await api.post('api/auth/login', { email, password });
  await loadSession(true);
}

export async function setUp(
  token: string,
  email: string,
  password: string,
  sample: boolean,
): Promise<void> {
  await api.post('api/auth/setup', { token, email, password, sample });
  await loadSession(true);
}

export async function signOut(): Promise<void> {
  await api.post('api/auth/logout').catch(() => undefined);
  setCsrf('');
  chooseTenant('');
  loading = null;
  useSession.setState({ status: 'anonymous', user: null });
}

onUnauthenticated(() => {
  if (useSession.getState().status === 'signed-in') useSession.setState({ status: 'expired' });
});
