// Connecting a database that is there, in the browser: by card and form, with the reason when it
// fails; its tables read, locked until that is allowed, written afterwards; and five hundred of them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { databases } from '../support/databases.mjs';
import { expect, expectAccessible, type Studio, test } from './base';

const files = mkdtempSync(join(tmpdir(), 'telaio-e2e-files-'));
test.use({ settings: `--source-folder ${files}` });
test.afterAll(() => rmSync(files, { recursive: true, force: true }));

/** What a database made for the test is dropped by. */
class Ends {
  private readonly ends: (() => unknown)[] = [];
  after = (end: () => unknown) => {
    this.ends.push(end);
  };
  async run(): Promise<void> {
    for (const end of this.ends.reverse()) await end();
  }
}

const shop = `
  CREATE TABLE customer (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL, email VARCHAR(80));
  CREATE TABLE orders (customer_id INTEGER, number INTEGER, note VARCHAR(40), PRIMARY KEY (customer_id, number));
  INSERT INTO customer VALUES (1, 'Ada', 'ada@x.org'), (2, 'Bob', NULL);
  INSERT INTO orders VALUES (1, 1, 'first'), (1, 2, 'second');`;

/** The shop as an attached database that may be changed. */
async function attachShop(studio: Studio, address: string): Promise<void> {
  const made = await studio.call('POST', '/api/db-editor/sources', {
    name: 'shop',
    displayName: 'Shop',
    address,
    mode: 'read-write',
  });
  expect(made.status, made.text).toBe(201);
}

const labels = { sqlite: 'SQLite', postgresql: 'PostgreSQL', mariadb: 'MariaDB', mongodb: 'MongoDB' };
type Kind = keyof typeof labels;

async function describe(page: Page, kind: Kind, address: string): Promise<void> {
  await page.getByRole('radio', { name: labels[kind] }).check({ force: true });
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Web shop');
  await expect(page.getByRole('textbox', { name: 'Short name' })).toHaveValue('web-shop');
  if (kind === 'sqlite') {
    await page.getByRole('textbox', { name: 'File' }).fill(address.replace(/^sqlite:/, ''));
    return;
  }
  await page.getByRole('button', { name: 'Paste an address' }).click();
  await page.getByRole('textbox', { name: 'Address' }).fill(address);
}

for (const kind of ['sqlite', 'postgresql', 'mariadb'] as const) {
  test(`${kind}: connect, look, allow, edit, detach`, async ({ signedIn, page }) => {
    const ends = new Ends();
    const database = databases[kind](ends, files);
    database.sql(shop);
    await page.goto(`${signedIn.url}/sources`);
    await expectAccessible(page, 'no databases');
    await page.getByRole('link', { name: 'Connect a database' }).first().click();
    await describe(page, kind, database.address);
    await expectAccessible(page, 'the form');
    await page.getByRole('button', { name: 'Test the connection' }).click();
    await expect(page.getByRole('status').filter({ hasText: 'It works' })).toContainText('2 tables');
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    // its tables, and where one is
    await page.waitForURL('**/tables?source=web-shop');
    await expect(page.getByRole('heading', { level: 1, name: 'Web shop' })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Database: Web shop' })).toBeVisible();
    await expect(page.getByRole('link', { name: 'New table' })).toHaveCount(0);
    await page.getByRole('main').getByRole('link', { name: 'customer' }).click();
    await expect(page.getByRole('gridcell', { name: 'Ada', exact: true })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Add row' })).toHaveCount(0);
    await expectAccessible(page, 'rows that cannot be changed');
    // a reload stays there
    await page.reload();
    await expect(page.getByRole('gridcell', { name: 'Ada', exact: true })).toBeVisible();
    // allowed by who administers it
    await page.goto(`${signedIn.url}/sources/web-shop`);
    await page.getByRole('checkbox', { name: 'Allow changes' }).click();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.waitForURL('**/sources?source=web-shop');
    await expect(page.getByRole('cell', { name: 'Writable' }).last()).toBeVisible();
    await page.goto(`${signedIn.url}/tables/orders/data?source=web-shop`);
    const cell = page.getByRole('gridcell', { name: 'second', exact: true });
    await cell.dblclick();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('third');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('gridcell', { name: 'third', exact: true })).toBeVisible();
    await expect
      .poll(() => database.sql('SELECT note FROM orders WHERE customer_id = 1 AND number = 2;').trim())
      .toBe('third');
    // back to the own tables, and away with it
    await page.getByRole('button', { name: 'Database: Web shop' }).click();
    await page.getByRole('menuitemradio', { name: 'Own tables' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Tables' })).toBeVisible();
    await page.goto(`${signedIn.url}/sources`);
    await page.getByRole('button', { name: 'Actions for Web shop' }).click();
    await page.getByRole('menuitem', { name: 'Detach' }).click();
    await page.getByRole('alertdialog').or(page.getByRole('dialog')).getByRole('button', { name: 'Detach' }).click();
    await expect(page.getByText('No database is attached')).toBeVisible();
    expect(database.sql('SELECT count(*) FROM customer;').trim()).toBe('2');
    await ends.run();
  });
}

test('what does not connect says why', async ({ signedIn, page }) => {
  await page.goto(`${signedIn.url}/sources/new`);
  await describe(page, 'sqlite', 'sqlite:gone.db');
  await page.getByRole('button', { name: 'Test the connection' }).click();
  await expect(page.getByRole('alert')).toContainText('there is no such file');
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await expect(page.getByRole('alert')).toContainText('there is no such file');
  await page.getByRole('textbox', { name: 'Short name' }).fill('Not a name');
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await expect(page.getByText('it begins with a letter or a digit')).toBeVisible();
  await page.getByRole('radio', { name: 'PostgreSQL' }).check({ force: true });
  await page.getByRole('textbox', { name: 'Short name' }).fill('web-shop');
  await page.getByRole('textbox', { name: 'Host' }).fill('127.0.0.1');
  await page.getByRole('textbox', { name: 'Port' }).fill('1');
  await page.getByRole('button', { name: 'Test the connection' }).click();
  await expect(page.getByRole('alert')).toContainText('cannot be reached');
  await expectAccessible(page, 'a reason');
});

for (const kind of ['sqlite', 'postgresql', 'mariadb', 'mongodb'] as const) {
  test(`${kind}: a new table there has the key that is chosen`, async ({ signedIn, page }) => {
    const ends = new Ends();
    const database = databases[kind](ends, files);
    if (kind === 'mongodb') await database.command({ create: 'customer' });
    else database.sql(shop);
    await attachShop(signedIn, database.address);
    await page.goto(`${signedIn.url}/sources`);
    await page.getByRole('button', { name: 'Open the tables of Shop' }).click();
    await page.getByRole('link', { name: 'New table' }).first().click();
    await page.getByRole('textbox', { name: 'Table name' }).fill('Parts');
    await expect(page.getByRole('checkbox', { name: 'Key' }).first()).toBeChecked();
    await expect(page.getByRole('checkbox', { name: 'Required' }).first()).toBeDisabled();
    await page.getByRole('textbox', { name: 'Column name' }).last().fill('Code');
    await expectAccessible(page, 'a new table');
    await page.getByRole('button', { name: 'Review the SQL' }).click();
    await page.getByRole('button', { name: 'Create the table' }).click();
    await page.waitForURL('**/tables/parts/data?source=shop');
    const table = await signedIn.call('GET', '/api/db-editor/tables/parts?source=shop');
    expect(table.data.rowKey).toEqual(['id']);
    const row = await signedIn.call('POST', '/api/db-editor/data/parts?source=shop', { code: 'A1' });
    expect(row.status, row.text).toBe(201);
    expect(row.data).toMatchObject({ id: 1, code: 'A1' });
    await ends.run();
  });
}

test('what may be changed is decided on a page of its own', async ({ signedIn, page }) => {
  const ends = new Ends();
  const database = databases.sqlite(ends, files);
  database.sql(shop);
  await attachShop(signedIn, database.address);
  const addColumn = (table: string, column: string) =>
    signedIn.call('POST', `/api/db-editor/tables/${table}/columns?source=shop`, { name: column, type: 'text' });
  expect((await addColumn('customer', 'city')).status).toBe(201);
  await page.goto(`${signedIn.url}/sources`);
  await page.getByRole('button', { name: 'Actions for Shop' }).click();
  await page.getByRole('menuitem', { name: 'What may be changed' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'What may be changed in Shop' })).toBeVisible();
  // the specification's defaults
  await expect(page.getByRole('checkbox', { name: 'Drop tables' })).not.toBeChecked();
  await expect(page.getByRole('checkbox', { name: 'Ask before data is lost' })).toBeChecked();
  await expectAccessible(page, 'the policy');
  await page.getByRole('textbox', { name: 'Tables never changed' }).fill('orders');
  await page.getByRole('checkbox', { name: 'Make and drop indexes' }).click();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.waitForURL('**/sources');
  const refused = await addColumn('orders', 'city');
  expect(refused.status, refused.text).toBe(403);
  expect(refused.text).toContain('forbiddenTables');
  expect((await addColumn('customer', 'country')).status).toBe(201);
  const index = await signedIn.call('POST', '/api/db-editor/tables/customer/indexes?source=shop', {
    name: 'by_email',
    columns: ['email'],
  });
  expect(index.status, index.text).toBe(403);
  // nothing at all
  await page.goto(`${signedIn.url}/sources/shop/policy`);
  await expect(page.getByRole('textbox', { name: 'Tables never changed' })).toHaveValue('orders');
  await page.getByRole('checkbox', { name: 'Allow changes of its structure' }).click();
  await expect(page.getByRole('checkbox', { name: 'Drop columns' })).toBeDisabled();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.waitForURL('**/sources');
  expect((await addColumn('customer', 'zip')).status).toBe(403);
  await ends.run();
});

for (const kind of ['sqlite', 'postgresql', 'mariadb', 'mongodb'] as const) {
  test(`${kind}: 500 tables open in under two seconds`, async ({ signedIn, page }) => {
    test.setTimeout(120_000);
    const ends = new Ends();
    const database = databases[kind](ends, files);
    if (kind === 'mongodb')
      for (let i = 0; i < 500; i++)
        await database.command({ insert: `t${i}`, documents: [{ _id: 1, a: 'x' }] });
    else
      database.sql(
        Array.from({ length: 500 }, (_, i) => `CREATE TABLE t${i} (id INTEGER PRIMARY KEY, a VARCHAR(20), b REAL);`).join('\n'),
      );
    const made = await signedIn.call('POST', '/api/db-editor/sources', { name: 'many', address: database.address });
    expect(made.status, made.text).toBe(201);
    // The machine has other work too: the best of a few turns is what it takes.
    let best = Number.POSITIVE_INFINITY;
    let asked = 0;
    page.on('request', (request) => {
      if (/db-editor\/tables\?/.test(request.url())) asked += 1;
    });
    for (let turn = 0; turn < 4 && best >= 2000; turn += 1) {
      await page.goto(`${signedIn.url}/sources`);
      const open = page.getByRole('button', { name: 'Open the tables of many' });
      await open.waitFor();
      await page.waitForLoadState('networkidle');
      asked = 0;
      const began = Date.now();
      await open.click();
      const first = page.getByRole('main').getByRole('link', { name: 't0', exact: true });
      await expect(first).toBeVisible({ timeout: 30_000 });
      best = Math.min(best, Date.now() - began);
    }
    test.info().annotations.push({ type: 'opened', description: `${best} ms` });
    expect(best, 'milliseconds').toBeLessThan(2000);
    expect(asked, 'one request').toBe(1);
    expect(await page.getByRole('main').getByRole('listitem').count()).toBeLessThan(80);
    // all of them are reached
    await page.getByRole('searchbox', { name: 'Search tables' }).fill('t499');
    await expect(page.getByRole('main').getByRole('link', { name: 't499', exact: true })).toBeVisible();
    await ends.run();
  });
}
