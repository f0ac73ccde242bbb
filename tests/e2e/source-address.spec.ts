// The address says which database is shown: a link opens the same table for whoever follows it, the
// way back leads to the database one came from, and a name that is not there is told.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { databases } from '../support/databases.mjs';
import { expect, expectAccessible, owner, type Studio, test } from './base';

const files = mkdtempSync(join(tmpdir(), 'telaio-e2e-files-'));
test.use({ settings: `--source-folder ${files}` });
test.afterAll(() => rmSync(files, { recursive: true, force: true }));

/** Two databases with a table of the same name: what is shown tells them apart. */
async function attachTwo(studio: Studio): Promise<void> {
  for (const name of ['Shop', 'Archive']) {
    const { address, sql } = databases.sqlite({ after: () => undefined }, files);
    sql(`
      CREATE TABLE orders (id INTEGER PRIMARY KEY, note VARCHAR(40));
      INSERT INTO orders VALUES (1, 'from ${name}');`);
    const made = await studio.call('POST', '/api/db-editor/sources', {
      name: name.toLowerCase(),
      displayName: name,
      address,
      mode: 'read-write',
    });
    expect(made.status, made.text).toBe(201);
  }
}

const cellOf = (page: Page, name: string) =>
  page.getByRole('gridcell', { name: `from ${name}`, exact: true });

async function switchTo(page: Page, from: string, to: string): Promise<void> {
  await page.getByRole('button', { name: `Database: ${from}` }).click();
  await page.getByRole('menuitemradio', { name: to }).click();
}

test('a link to an attached table opens it in another browser', async ({ signedIn, page, browser }) => {
  await attachTwo(signedIn);
  await page.goto(`${signedIn.url}/tables`);
  await switchTo(page, 'Own tables', 'Shop');
  await page.getByRole('main').getByRole('link', { name: 'orders' }).click();
  await expect(cellOf(page, 'Shop')).toBeVisible();
  await page.getByRole('searchbox').fill('from');
  await page.waitForURL(/q=from/);
  const address = page.url();
  expect(new URL(address).searchParams.get('source')).toBe('shop');
  // what is opened from here in a new tab stays there too
  const trash = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Trash' });
  expect(await trash.getAttribute('href')).toBe('/trash?source=shop');

  const context = await browser.newContext();
  const other = await context.newPage();
  await other.goto(address);
  await other.getByLabel('Email').fill(owner.email);
  await other.getByLabel('Password').fill(owner.password);
  await other.keyboard.press('Enter');
  await expect(cellOf(other, 'Shop')).toBeVisible();
  expect(other.url()).toBe(address);
  await expect(other.getByRole('button', { name: 'Database: Shop' })).toBeVisible();
  expect(await other.evaluate(() => sessionStorage.getItem('telaio.source'))).toBeNull();
  await context.close();
});

test('back and forward go through the databases', async ({ signedIn, page }) => {
  await attachTwo(signedIn);
  const table = (source: string) => `${signedIn.url}/tables/orders/data?source=${source}`;
  await page.goto(table('shop'));
  await expect(cellOf(page, 'Shop')).toBeVisible();
  await switchTo(page, 'Shop', 'Archive');
  await page.getByRole('main').getByRole('link', { name: 'orders' }).click();
  await expect(cellOf(page, 'Archive')).toBeVisible();
  await switchTo(page, 'Archive', 'Own tables');
  await expect(page.getByText('Draw your first table')).toBeVisible();
  expect(page.url()).toBe(`${signedIn.url}/tables`);
  await page.goBack();
  await expect(cellOf(page, 'Archive')).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: 'Archive' })).toBeVisible();
  await page.goBack();
  await expect(cellOf(page, 'Shop')).toBeVisible();
  await expect(cellOf(page, 'Archive')).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Database: Shop' })).toBeVisible();
  // what is written goes where one looks
  await cellOf(page, 'Shop').dblclick();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('written');
  await page.keyboard.press('Enter');
  const noteIn = async (source: string) =>
    (await signedIn.call('GET', `/api/db-editor/data/orders/1?source=${source}`)).data.note;
  await expect.poll(() => noteIn('shop')).toBe('written');
  expect(await noteIn('archive')).toBe('from Archive');
  // one step that changes nothing but the database, as a typed address and its way back
  await page.goto(table('archive'));
  await page.evaluate(() => history.pushState({}, '', '/tables/orders/data?source=shop'));
  await expect(page.getByRole('gridcell', { name: 'written', exact: true })).toBeVisible();
  await page.goBack();
  await expect(cellOf(page, 'Archive')).toBeVisible();
  await expect(page.getByRole('gridcell', { name: 'written', exact: true })).toHaveCount(0);
});

test('unsaved work is asked about before another database is shown', async ({ signedIn, page }) => {
  await attachTwo(signedIn);
  await page.goto(`${signedIn.url}/tables/new?source=shop`);
  await page.getByRole('textbox', { name: 'Table name' }).fill('Parts');
  await switchTo(page, 'Shop', 'Archive');
  await expect(page.getByRole('alertdialog').or(page.getByRole('dialog'))).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'Database: Shop' })).toBeVisible();
  await expect(page.getByRole('textbox', { name: 'Table name' })).toHaveValue('Parts');
  expect(page.url()).toBe(`${signedIn.url}/tables/new?source=shop`);
});

test('a database that is not there is told, and the own tables are one step away', async ({ signedIn, page }) => {
  await attachTwo(signedIn);
  for (const address of ['/tables?source=gone', '/tables/orders/data?source=gone', '/history?source=gone']) {
    await page.goto(signedIn.url + address);
    const told = page.getByRole('alert').filter({ hasText: 'This database cannot be opened' });
    await expect(told).toContainText('“gone”');
    await expectAccessible(page, address);
    await told.getByRole('link', { name: 'Back to the own tables' }).click();
    await expect(page.getByText('Draw your first table')).toBeVisible();
    expect(page.url()).toBe(`${signedIn.url}/tables`);
  }
  // what is about the whole workspace is there all the same
  await page.goto(`${signedIn.url}/sources?source=gone`);
  await page.getByRole('button', { name: 'Open the tables of Archive' }).click();
  await page.waitForURL('**/tables?source=archive');
  await expect(page.getByRole('main').getByRole('link', { name: 'orders' })).toBeVisible();
  // detached while one is in it
  await page.goto(`${signedIn.url}/sources?source=archive`);
  await page.getByRole('button', { name: 'Actions for Archive' }).click();
  await page.getByRole('menuitem', { name: 'Detach' }).click();
  await page.getByRole('alertdialog').or(page.getByRole('dialog')).getByRole('button', { name: 'Detach' }).click();
  await expect(page.getByText('“Archive” is detached')).toBeVisible();
  expect(page.url()).toBe(`${signedIn.url}/sources`);
  await page.goto(`${signedIn.url}/tables/orders/data?source=archive`);
  await expect(page.getByRole('alert')).toContainText('No database “archive” is attached here');
});

test('another workspace begins with its own tables', async ({ signedIn, page }) => {
  await attachTwo(signedIn);
  const made = await signedIn.call('POST', '/api/tenants', { slug: 'north', name: 'North' });
  expect(made.status, made.text).toBe(201);
  await page.goto(`${signedIn.url}/tables?source=shop`);
  await page.getByRole('button', { name: /^Workspace:/ }).click();
  await page.getByRole('menuitemradio', { name: /North/ }).click();
  await expect(page.getByText('Draw your first table')).toBeVisible();
  expect(page.url()).toBe(`${signedIn.url}/tables`);
});

test('unsaved work is asked about before another workspace is entered', async ({ signedIn, page }) => {
  const made = await signedIn.call('POST', '/api/tenants', { slug: 'north', name: 'North' });
  expect(made.status, made.text).toBe(201);
  const draw = async (name: string) => {
    await page.goto(`${signedIn.url}/tables/new`);
    await page.getByRole('textbox', { name: 'Table name' }).fill(name);
    await page.getByRole('button', { name: /^Workspace:/ }).click();
    await page.getByRole('menuitemradio', { name: /North/ }).click();
    const question = page.getByRole('alertdialog').or(page.getByRole('dialog'));
    await expect(question).toBeVisible();
    return question;
  };
  await draw('Parts');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('textbox', { name: 'Table name' })).toHaveValue('Parts');
  await page.getByLabel('Column name').fill('Name');
  await page.getByRole('button', { name: 'Review the SQL' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Create the table' }).click();
  await page.waitForURL('**/tables/custom_parts/data**');
  // it was made where it was drawn
  const here = await signedIn.call('GET', '/api/db-editor/tables');
  expect(JSON.stringify(here.data)).toContain('custom_parts');

  const question = await draw('Gears');
  await question.getByRole('button', { name: /Leave/ }).click();
  await page.waitForURL(`${signedIn.url}/tables`);
  await expect(page.getByRole('button', { name: 'Workspace: North' })).toBeVisible();
  await expect(page.getByText('Draw your first table')).toBeVisible();
});

test('an address leads into a workspace, and one that is not there leads home', async ({ signedIn, page }) => {
  const made = await signedIn.call('POST', '/api/tenants', { slug: 'north', name: 'North' });
  expect(made.status, made.text).toBe(201);
  await page.goto(`${signedIn.url}/workspaces/north`);
  await page.waitForURL(`${signedIn.url}/tables`);
  await expect(page.getByRole('button', { name: 'Workspace: North' })).toBeVisible();
  await page.goto(`${signedIn.url}/workspaces/nowhere`);
  await page.waitForURL(`${signedIn.url}/tables`);
  await expect(page.getByText('Draw your first table')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Workspace: North' })).toBeHidden();
});
