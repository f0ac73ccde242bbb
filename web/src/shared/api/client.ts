/**
 * The one door to the server. It knows the envelope, the CSRF header, the chosen tenant, the base
 * path and how failures look; nothing else in the studio calls fetch.
 */

export interface ErrorBody {
  code: string;
  message: string;
  detail?: string | undefined;
  hint?: string | undefined;
  where?: string | undefined;
  requestId?: string | undefined;
  params?: Record<string, unknown> | undefined;
  /** The plan of a change that wants confirmation, where the server sends one. */
  plan?: unknown;
}

export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: string;
  readonly status: number;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  readonly where: string | undefined;
  readonly requestId: string | undefined;
  readonly params: Record<string, unknown>;
  readonly plan: unknown;
  /** `data` of a failed answer, if it carried any. */
  readonly data: unknown;

  constructor(status: number, body: ErrorBody, data?: unknown) {
    super(body.message);
    this.status = status;
    this.code = body.code;
    this.detail = body.detail;
    this.hint = body.hint;
    this.where = body.where;
    this.requestId = body.requestId;
    this.params = body.params ?? {};
    this.plan = body.plan;
    this.data = data;
  }
}

export type QueryValue = string | number | boolean | null | undefined;

/** Where tables are: in a workspace, and there in an attached database; empty = the own one. */
export interface Place {
  tenant: string;
  source: string;
}

export interface RequestOptions {
  query?: Record<string, QueryValue> | undefined;
  /** Where the tables are that it is about; without one, what is shown when it is sent. */
  place?: Place | undefined;
  /** A plain value is sent as JSON; a Blob or string goes as it is. */
  body?: unknown;
  contentType?: string | undefined;
  headers?: Record<string, string> | undefined;
  /** The ETag the caller expects; sent as If-Match. */
  ifMatch?: string | undefined;
  idempotencyKey?: string | undefined;
  signal?: AbortSignal | undefined;
}

export interface Answer<T, M = Record<string, unknown>> {
  data: T;
  meta: M;
  etag: string | undefined;
  status: number;
  location: string | undefined;
}

interface ClientState extends Place {
  csrf: string;
  onUnauthenticated: (() => void) | undefined;
}

const state: ClientState = { csrf: '', tenant: '', source: '', onUnauthenticated: undefined };

export function setCsrf(token: string): void {
  state.csrf = token;
}

/** The tenant a platform user works in; empty = the principal's own. */
export function setTenant(slug: string): void {
  state.tenant = slug;
}

/** The attached database whose tables are asked for; empty = the workspace's own. */
export function setSource(name: string): void {
  state.source = name;
}

/** What is shown now; it stays as it is when another place is shown. */
export function getPlace(): Place {
  return { tenant: state.tenant, source: state.source };
}

/** Only what is about tables has a source; sources themselves have none. */
function hasSource(path: string): boolean {
  const plain = path.replace(/^\//, '');
  return plain.startsWith('api/db-editor/') && !/^api\/db-editor\/sources([/:]|$)/.test(plain);
}

export function onUnauthenticated(handler: () => void): void {
  state.onUnauthenticated = handler;
}

/** Where the server lives, from the meta tag that it fills in: always ends in a slash. */
export function basePath(): string {
  const meta = document.querySelector('meta[name="telaio-base"]')?.getAttribute('content') ?? '/';
  return meta.endsWith('/') ? meta : `${meta}/`;
}

export function buildUrl(
  path: string,
  query?: Record<string, QueryValue>,
  source = state.source,
): string {
  const url = basePath() + path.replace(/^\//, '');
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null) params.append(key, String(value));
  }
  if (source && hasSource(path) && !params.has('source')) params.set('source', source);
  const text = params.toString();
  if (!text) return url;
  return url + (url.includes('?') ? '&' : '?') + text;
}

export function buildHeaders(method: string, options: RequestOptions): Record<string, string> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (method !== 'GET' && method !== 'HEAD' && state.csrf) headers['X-Telaio-CSRF'] = state.csrf;
  const { tenant } = options.place ?? state;
  if (tenant) headers['X-Telaio-Tenant'] = tenant;
  if (options.ifMatch !== undefined) headers['If-Match'] = options.ifMatch;
  if (options.idempotencyKey) headers['Idempotency-Key'] = options.idempotencyKey;
  if (options.contentType) headers['Content-Type'] = options.contentType;
  else if (options.body !== undefined && !isRawBody(options.body))
    headers['Content-Type'] = 'application/json';
  return { ...headers, ...options.headers };
}

function isRawBody(body: unknown): body is Blob | string | ArrayBuffer {
  return typeof body === 'string' || body instanceof Blob || body instanceof ArrayBuffer;
}

function encodeBody(body: unknown): BodyInit | null {
  if (body === undefined) return null;
  return isRawBody(body) ? body : JSON.stringify(body);
}

function statusError(response: Response): ErrorBody {
  const codes: Record<number, string> = {
    401: 'unauthenticated',
    403: 'forbidden',
    404: 'not_found',
    412: 'precondition_failed',
    413: 'too_large',
    429: 'rate_limited',
    503: 'unavailable',
  };
  return {
    code: codes[response.status] ?? 'http_error',
    message: response.statusText || `HTTP ${response.status}`,
  };
}

/** Turns an answer that is not 2xx into the error to throw. */
export async function readError(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => '');
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null && 'error' in json) {
      const { error, data } = json as { error: ErrorBody | string; data?: unknown };
      if (typeof error === 'string')
        return new ApiError(response.status, { ...statusError(response), message: error });
      return new ApiError(response.status, error, data);
    }
  } catch {
    // not the envelope: a proxy, or a request refused below routing
  }
  return new ApiError(response.status, statusError(response));
}

export async function send(
  method: string,
  path: string,
  options: RequestOptions = {},
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(buildUrl(path, options.query, options.place?.source), {
      method,
      headers: buildHeaders(method, options),
      body: encodeBody(options.body),
      credentials: 'same-origin',
      ...(options.signal ? { signal: options.signal } : {}),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, { code: 'offline', message: 'The server cannot be reached' });
  }
  if (response.ok || response.status === 304) return response;
  const failure = await readError(response);
  if (failure.status === 401 && failure.code !== 'invalid_credentials') state.onUnauthenticated?.();
  throw failure;
}

export interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  text: string;
  milliseconds: number;
}

/** Sends a request and gives back whatever comes: for the consoles, where a refusal is a result. */
export async function sendRaw(
  method: string,
  path: string,
  options: RequestOptions = {},
): Promise<RawAnswer> {
  const started = performance.now();
  try {
    const response = await fetch(buildUrl(path, options.query, options.place?.source), {
      method,
      headers: buildHeaders(method, options),
      body: encodeBody(options.body),
      credentials: 'same-origin',
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers.entries()),
      text,
      milliseconds: performance.now() - started,
    };
  } catch {
    throw new ApiError(0, { code: 'offline', message: 'The server cannot be reached' });
  }
}

export interface UploadOptions extends RequestOptions {
  body: Blob;
  /** bytes that have left, of all */
  onProgress?: (sent: number, total: number) => void;
}

/** Sends a file and tells how far it is; fetch cannot. Unwraps the envelope like call(). */
export function upload<T>(path: string, options: UploadOptions): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', buildUrl(path, options.query, options.place?.source));
    for (const [name, value] of Object.entries(buildHeaders('POST', options)))
      request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => options.onProgress?.(event.loaded, event.total);
    request.onerror = () =>
      reject(new ApiError(0, { code: 'offline', message: 'The server cannot be reached' }));
    request.onabort = () => reject(new DOMException('The upload was stopped', 'AbortError'));
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) {
        const json = JSON.parse(request.responseText || '{}') as { data?: T };
        resolve(json.data as T);
        return;
      }
      if (request.status === 401) state.onUnauthenticated?.();
      void readError(new Response(request.responseText, { status: request.status })).then(reject);
    };
    options.signal?.addEventListener('abort', () => request.abort());
    request.send(options.body);
  });
}

/** Sends a request and unwraps the envelope. */
export async function call<T, M = Record<string, unknown>>(
  method: string,
  path: string,
  options: RequestOptions = {},
): Promise<Answer<T, M>> {
  const response = await send(method, path, options);
  const text = await response.text();
  const json = text ? (JSON.parse(text) as { data?: T; meta?: M }) : {};
  return {
    data: json.data as T,
    meta: (json.meta ?? {}) as M,
    etag: response.headers.get('ETag') ?? undefined,
    status: response.status,
    location: response.headers.get('Location') ?? undefined,
  };
}

async function callData<T>(method: string, path: string, options?: RequestOptions): Promise<T> {
  return (await call<T>(method, path, options)).data;
}

export const api = {
  get: <T>(path: string, options?: RequestOptions) => callData<T>('GET', path, options),
  post: <T>(path: string, body?: unknown, options?: RequestOptions) =>
    callData<T>('POST', path, { ...options, body }),
  put: <T>(path: string, body?: unknown, options?: RequestOptions) =>
    callData<T>('PUT', path, { ...options, body }),
  patch: <T>(path: string, body?: unknown, options?: RequestOptions) =>
    callData<T>('PATCH', path, { ...options, body }),
  delete: <T>(path: string, options?: RequestOptions) => callData<T>('DELETE', path, options),
};

/** Joins path parts, each escaped: path('api/db-editor/tables', name). */
export function path(prefix: string, ...parts: (string | number)[]): string {
  return [prefix, ...parts.map((part) => encodeURIComponent(String(part)))].join('/');
}
