// Actors of the journeys: a server of its own for each test, and a page that is watched.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { test as base, expect, type Page } from '@playwright/test';

export { expect };

const root = resolve(__dirname, '../..');
const binary = process.env.TELAIO ?? join(root, 'build/telaio');
export const dataFolder = process.env.TELAIO_TEST_DATA ?? resolve(root, '../shared/data');
export const airportsFile = join(dataFolder, 'import/airports.csv');
export const hasAirports = existsSync(airportsFile);

export type Airport = Record<'iata' | 'name' | 'city' | 'state' | 'country', string>;

/** The file read a second way, to compare with: a line a row, quotes around what has a comma. */
export function readAirports(): Airport[] {
  const [head = '', ...lines] = readFileSync(airportsFile, 'utf8').trim().split('\n');
  const names = head.trim().split(',');
  return lines.map((line) => {
    const fields = [...line.trim().matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map(([, field = '']) =>
      field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field,
    );
    return Object.fromEntries(names.map((name, at) => [name, fields[at] ?? ''])) as Airport;
  });
}

export const owner = { email: 'owner@example.com', password: 'correct horse battery' };

export interface Studio {
  url: string;
  setupUrl: string;
  /** a session token for calls beside the browser, after set-up */
  call: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;
}

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers are checked by the journeys
  data: any;
  text: string;
}

/** Every TELAIO_… is a setting of the server, and an unknown one an error: ours are not for it. */
function serverEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('TELAIO'));
  return { ...Object.fromEntries(own), TELAIO_PASSWORD_MEMORY_KIB: '64' };
}

async function start(
  folder: string,
  basePath: string,
  settings: string,
): Promise<{ process: ChildProcess; url: string; token: string }> {
  const more = settings ? settings.split(' ') : [];
  if (basePath) more.push('--base-path', `${basePath}/`);
  const server = spawn(binary, ['serve', '--data', folder, '--listen', '127.0.0.1:0', ...more], {
    env: serverEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  server.stderr?.on('data', (bytes: Buffer) => {
    errors += bytes.toString();
  });
  return new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error(`the server did not start:\n${errors}`)), 20_000);
    const look = () => {
      const url = /listening on (http:\/\/\S+)/.exec(output)?.[1];
      const token = /\/setup\?token=([A-Za-z0-9_-]+)/.exec(output)?.[1];
      if (!url || !token) return;
      clearTimeout(timer);
      done({ process: server, url: url + basePath, token });
    };
    server.stdout?.on('data', (bytes: Buffer) => {
      output += bytes.toString();
      look();
    });
    server.on('exit', (code) => fail(new Error(`the server ended with ${code}:\n${errors}`)));
  });
}

async function request(
  url: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(body === undefined || typeof body === 'string' ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  let data: unknown;
  try {
    data = JSON.parse(text).data;
  } catch {
    data = undefined;
  }
  return { status: response.status, data, text };
}

interface Fixtures {
  /** the prefix under which the studio lives, as behind a proxy: '' or '/db' */
  basePath: string;
  /** more flags of the server: '--job-rows 1' */
  settings: string;
  /** a fresh installation, not set up yet */
  studio: Studio;
  /** the same, with its owner signed in in the browser */
  signedIn: Studio;
  watched: undefined;
}

export const test = base.extend<Fixtures>({
  basePath: ['', { option: true }],
  settings: ['', { option: true }],

  studio: async ({ basePath, settings }, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'telaio-e2e-'));
    const server = await start(folder, basePath, settings);
    let session = '';
    await use({
      url: server.url,
      setupUrl: `${server.url}/setup?token=${server.token}`,
      call: async (method, path, body, headers) => {
        if (!session) {
          const login = await request(server.url, 'POST', '/api/auth/login', owner);
          session = login.data?.token ?? '';
        }
        return request(server.url, method, path, body, {
          authorization: `Bearer ${session}`,
          ...headers,
        });
      },
    });
    const gone = new Promise((done) => server.process.on('exit', done));
    server.process.kill('SIGTERM');
    await gone;
    rmSync(folder, { recursive: true, force: true });
  },

  signedIn: async ({ studio, page }, use) => {
    await request(studio.url, 'POST', '/api/auth/setup', {
      token: studio.setupUrl.split('token=')[1],
      ...owner,
    });
    await page.goto(`${studio.url}/sign-in`);
    await page.getByLabel('Email').fill(owner.email);
    await page.getByLabel('Password').fill(owner.password);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/tables');
    await use(studio);
  },

  // Every page of every journey: no script error, no CSP violation, no request to elsewhere.
  watched: [
    async ({ page }, use) => {
      const wrong: string[] = [];
      page.on('pageerror', (error) => wrong.push(`script error: ${error.message}`));
      page.on('console', (message) => {
        if (message.type() !== 'error') return;
        // A refusal by the server is an answer; the journeys check what the page makes of it.
        if (message.text().startsWith('Failed to load resource')) return;
        wrong.push(`console: ${message.text()}`);
      });
      page.on('request', (asked) => {
        const { hostname, protocol } = new URL(asked.url());
        if (protocol.startsWith('http') && hostname !== '127.0.0.1')
          wrong.push(`request to ${asked.url()}`);
      });
      await use(undefined);
      expect(wrong, 'errors on the pages').toEqual([]);
    },
    { auto: true },
  ],
});

/** WCAG 2.2 A and AA and best practice, on what is shown now. */
export async function expectAccessible(page: Page, what: string): Promise<void> {
  // Layers fade in; contrast is measured on what stays.
  await page.waitForTimeout(200);
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  const found = violations.map(
    ({ id, help, nodes }) =>
      `${id}: ${help}\n${nodes
        .slice(0, 4)
        .map((node) => `    ${node.target.join(' ')}  ${node.failureSummary?.replace(/\s+/g, ' ')}`)
        .join('\n')}`,
  );
  expect(found, `axe on ${what}`).toEqual([]);
}

/** Chooses a value of a select by the names that are read out. */
export async function choose(page: Page, label: string | RegExp, option: string | RegExp): Promise<void> {
  const exact = typeof label === 'string';
  await page.getByRole('combobox', { name: label, exact }).last().click();
  await page.getByRole('option', { name: option }).first().click();
}
