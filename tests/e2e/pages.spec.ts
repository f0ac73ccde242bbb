import type { Page } from '@playwright/test';
import { expect, expectAccessible, type Studio, test } from './base';

const tables = [
  { displayName: 'Companies', columns: [{ name: 'name', type: 'text', nullable: false }] },
  {
    displayName: 'Contacts',
    columns: [
      { name: 'email', displayName: 'Email', type: 'text', unique: true },
      { name: 'age', type: 'number', kind: 'integer' },
      { name: 'company', type: 'relation', relatedTable: 'custom_companies', relationType: 'belongsTo' },
    ],
  },
];

async function fill(studio: Studio): Promise<void> {
  for (const table of tables) {
    const made = await studio.call('POST', '/api/db-editor/tables', table);
    expect(made.status, made.text).toBe(201);
  }
  await studio.call('POST', '/api/custom/companies', { name: 'ACME' });
  await studio.call('DELETE', '/api/db-editor/tables/custom_contacts/columns/age');
  await studio.call('POST', '/api/tokens', { name: 'Nightly' });
}

const addresses = [
  '/tables',
  '/tables/new',
  '/tables/from-file',
  '/tables/custom_contacts/data',
  '/tables/custom_contacts/schema',
  '/tables/custom_contacts/import',
  '/tables/custom_contacts/api',
  '/tables/custom_contacts/history',
  '/history',
  '/trash',
  '/audit',
  '/jobs',
  '/tokens',
  '/users',
  '/tenants',
  '/sources',
  '/sources/new',
  '/tables/custom_nothing/data',
  '/no/such/page',
];

async function open(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
  // Until what the page asks for has come.
  await page.waitForLoadState('networkidle');
}

for (const theme of ['light', 'dark'] as const) {
  test(`every page is accessible in the ${theme} theme`, async ({ signedIn, page }) => {
    test.setTimeout(180_000);
    await fill(signedIn);
    await page.evaluate((chosen) => localStorage.setItem('telaio.theme', chosen), theme);
    for (const address of addresses) {
      await open(page, signedIn.url + address);
      await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
      await expectAccessible(page, `${address} (${theme})`);
    }
  });
}

test('dialogs, menus and the palette are accessible and close with Escape', async ({ signedIn, page }) => {
  await fill(signedIn);
  const closes = async (what: string) => {
    await expectAccessible(page, what);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
  };
  await open(page, `${signedIn.url}/tables`);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
  await closes('the shortcuts');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('cont');
  await expect(page.getByRole('option', { name: /Contacts/ }).first()).toBeVisible();
  await closes('the palette');
  await page.getByRole('button', { name: /^Account/ }).click();
  await expectAccessible(page, 'the account menu');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Actions for Contacts' }).click();
  await expectAccessible(page, 'the menu of a table');
  await page.keyboard.press('Escape');
  await open(page, `${signedIn.url}/tokens`);
  await page.getByRole('button', { name: 'New token' }).click();
  await closes('the dialog for a token');
  await page.getByRole('button', { name: 'Revoke Nightly' }).click();
  await closes('the dialog that revokes a token');
  await open(page, `${signedIn.url}/trash`);
  await page.getByRole('button', { name: /^Purge / }).click();
  await closes('the dialog that purges');
  await open(page, `${signedIn.url}/users`);
  await page.getByRole('button', { name: 'Add a user' }).click();
  await closes('the dialog for a user');
  await open(page, `${signedIn.url}/tenants`);
  await page.getByRole('button', { name: 'Add a workspace' }).click();
  await closes('the dialog for a workspace');
});

test('errors of a page say what happened, and are accessible', async ({ signedIn, page }) => {
  await fill(signedIn);
  const fails: [number, string, string][] = [
    [403, 'forbidden', 'You may not do this'],
    [503, 'unavailable', 'The server is busy'],
    [500, 'internal_error', 'The server failed'],
  ];
  for (const [status, code, words] of fails) {
    await page.route('**/api/db-editor/trash', (route) =>
      route.fulfill({
        status,
        json: { success: false, error: { code, message: 'no', requestId: 'r-42' } },
      }),
    );
    await page.goto(`${signedIn.url}/trash`);
    await expect(page.getByRole('alert')).toContainText(words, { timeout: 20_000 });
    await expect(page.getByText('r-42')).toBeVisible();
    await expectAccessible(page, `the answer ${status}`);
    await page.unroute('**/api/db-editor/trash');
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect(page.getByRole('table', { name: 'Trash' })).toBeVisible();
  }
  await page.route('**/api/db-editor/trash', (route) => route.abort());
  await page.goto(`${signedIn.url}/trash`);
  await expect(page.getByText('The server cannot be reached').first()).toBeVisible({ timeout: 20_000 });
  await expectAccessible(page, 'a server that is gone');
});

test('a narrow window keeps everything in reach', async ({ signedIn, page }) => {
  await fill(signedIn);
  await page.setViewportSize({ width: 375, height: 720 });
  for (const address of ['/tables', '/tables/new', '/tables/custom_contacts/data', '/users']) {
    await open(page, signedIn.url + address);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width, `width of ${address}`).toBeLessThanOrEqual(375);
    await expectAccessible(page, `${address}, narrow`);
  }
  await page.getByRole('button', { name: 'Open navigation' }).click();
  await page.getByRole('link', { name: 'Trash' }).click();
  await page.waitForURL('**/trash');
  await expect(page.getByRole('navigation', { name: 'Main' })).toBeHidden();
});

/** Words of the page that are ours: not names, not code, not data. */
function ownTexts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found = new Set<string>();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement;
      if (!parent || parent.closest('[translate="no"], script, noscript, style, code, pre')) continue;
      const text = node.textContent?.replace(/\s+/g, ' ').trim() ?? '';
      if (text) found.add(text);
    }
    for (const element of document.querySelectorAll('[aria-label], [placeholder]'))
      for (const name of ['aria-label', 'placeholder']) {
        const text = element.getAttribute(name);
        if (text && !element.closest('[translate="no"]')) found.add(text);
      }
    return [...found];
  });
}

// B-147, X-24
test('every text is there in English, Italian and French', async ({ signedIn, page }) => {
  test.setTimeout(180_000);
  await fill(signedIn);
  const texts: Record<string, Record<string, string[]>> = {};
  for (const language of ['en', 'it', 'fr']) {
    await page.evaluate((chosen) => localStorage.setItem('telaio.language', chosen), language);
    texts[language] = {};
    for (const address of addresses) {
      await open(page, signedIn.url + address);
      await expect(page.locator('html')).toHaveAttribute('lang', language);
      texts[language][address] = await ownTexts(page);
    }
  }
  // Language names and names of products are the same everywhere; words of three and more are not.
  const same: string[] = [];
  for (const address of addresses) {
    for (const language of ['en', 'it', 'fr']) {
      const raw = texts[language]?.[address]?.filter((text) =>
        /undefined|\[object|NaN|\{\{|^(?!cURL$)[a-z]+[A-Z][a-zA-Z]+$/.test(text),
      );
      expect(raw, `raw texts at ${address} in ${language}`).toEqual([]);
    }
    for (const language of ['it', 'fr'])
      for (const text of texts[language]?.[address] ?? [])
        if (text.split(' ').length >= 3 && texts['en']?.[address]?.includes(text))
          same.push(`${language} ${address}: ${text}`);
  }
  expect(same, 'texts that are English in every language').toEqual([]);
});

test('theme and language are chosen in the account menu and stay', async ({ signedIn, page }) => {
  await open(page, `${signedIn.url}/tables`);
  await page.getByRole('button', { name: /^Account/ }).click();
  await page.getByRole('menuitemradio', { name: 'Dark' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.getByRole('button', { name: /^Account/ }).click();
  await page.getByRole('menuitemradio', { name: 'Italiano' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Tabelle' })).toBeVisible();
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(page.getByRole('heading', { level: 1, name: 'Tabelle' })).toBeVisible();
});
