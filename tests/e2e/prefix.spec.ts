import { expect, owner, test } from './base';

test.use({ basePath: '/db' });

test('the studio lives under any prefix', async ({ studio, page }) => {
  const root = new URL(studio.url).origin;
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(studio.setupUrl);
  await page.getByLabel('Email').fill(owner.email);
  await page.getByLabel('Password', { exact: true }).fill(owner.password);
  await page.getByLabel('Repeat the password').fill(owner.password);
  await page.getByRole('checkbox', { name: 'Add a sample workspace' }).click();
  await page.getByRole('button', { name: 'Create the account' }).click();
  await page.waitForURL(`${root}/db/tables`);
  const made = await studio.call('POST', '/api/db-editor/tables', {
    displayName: 'Things',
    columns: [{ name: 'name', type: 'text' }],
  });
  expect(made.status, made.text).toBe(201);

  await page.getByRole('button', { name: /^Account/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.waitForURL(`${root}/db/sign-in`);
  // from an address deep inside to the sign-in, and back to it
  await page.goto(`${root}/db/tables/custom_things/api`);
  await page.waitForURL(`${root}/db/sign-in**`);
  await page.getByLabel('Email').fill(owner.email);
  await page.getByLabel('Password').fill(owner.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(`${root}/db/tables/custom_things/api`);
  await expect(page.getByText(`${root}/db/api/custom/things`).first()).toBeVisible();
  await page.getByRole('link', { name: 'Data', exact: true }).click();
  await page.waitForURL(`${root}/db/tables/custom_things/data`);
  await page.reload();
  await expect(page.getByText('No rows yet')).toBeVisible();
  expect(asked.filter((url) => !url.startsWith(`${root}/db/`))).toEqual([]);
});
