import { execFileSync } from 'node:child_process';
import { expect, expectAccessible, owner, test } from './base';

test('a session that ends is renewed over the page, which keeps what was typed', async ({
  signedIn,
  page,
  context,
}) => {
  await page.goto(`${signedIn.url}/tables/new`);
  await page.getByLabel('Table name').fill('Drafted');
  await page.getByLabel('Column name').fill('Title');
  await context.clearCookies();
  await page.getByRole('button', { name: 'Review the SQL' }).click();
  const overlay = page.getByRole('dialog', { name: 'Your session has ended' });
  await expect(overlay).toBeVisible();
  await expectAccessible(page, 'the sign-in over a page');
  await overlay.getByLabel('Password').fill(owner.password);
  await overlay.getByRole('button', { name: 'Sign in' }).click();
  await expect(overlay).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(page.getByLabel('Table name')).toHaveValue('Drafted');
  await page.getByRole('button', { name: 'Review the SQL' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Create the table' }).click();
  await page.waitForURL('**/tables/custom_drafted/data**');
});

test('pages behind the sign-in lead there and back', async ({ studio, page }) => {
  await page.goto(`${studio.url}/trash`);
  await page.waitForURL('**/sign-in**');
  await expectAccessible(page, 'sign-in');
  await page.goto(`${studio.url}/setup?token=not-the-token`);
  await page.getByLabel('Email').fill(owner.email);
  await page.getByLabel('Password', { exact: true }).fill(owner.password);
  await page.getByLabel('Repeat the password').fill('something else entirely');
  await page.getByRole('button', { name: 'Create the account' }).click();
  await expect(page.getByText('The two passwords differ.')).toBeVisible();
  await page.getByLabel('Repeat the password').fill(owner.password);
  await page.getByRole('button', { name: 'Create the account' }).click();
  await expect(page.getByRole('heading', { name: 'This link does not work' })).toBeVisible();
});

test('the sample workspace comes with related tables and rows', async ({ studio, page }) => {
  await page.goto(studio.setupUrl);
  await page.getByLabel('Email').fill(owner.email);
  await page.getByLabel('Password', { exact: true }).fill(owner.password);
  await page.getByLabel('Repeat the password').fill(owner.password);
  await expect(page.getByRole('checkbox', { name: 'Add a sample workspace' })).toBeChecked();
  await page.getByRole('button', { name: 'Create the account' }).click();
  await page.waitForURL('**/tables');
  const list = page.getByRole('main').getByRole('listitem');
  await expect(list.nth(1)).toBeVisible();
  const { data } = await studio.call('GET', '/api/db-editor/tables');
  let rows = 0;
  for (const table of data.tables) {
    const page1 = await studio.call(
      'GET',
      `/api/db-editor/data/${table.tableName}?limit=1&count=exact`,
    );
    rows += page1.data.pagination.total;
  }
  expect(rows).toBeGreaterThanOrEqual(5000);
});

test('the cURL line of the API page runs as it is copied', async ({ signedIn, page }) => {
  await signedIn.call('POST', '/api/db-editor/tables', {
    displayName: "Ann's things",
    columns: [{ name: 'name', type: 'text' }],
  });
  const { data } = await signedIn.call('GET', '/api/db-editor/tables');
  const [table] = data.tables;
  await signedIn.call('POST', table.apiPath, { name: 'Lamp' });
  await page.goto(`${signedIn.url}/tables/${table.tableName}/api`);
  await page.getByRole('button', { name: 'Make a token' }).click();
  await expect(page.getByRole('region', { name: 'Your token' })).toBeVisible();
  const curl = await page.getByRole('region', { name: 'cURL' }).innerText();
  const answer = JSON.parse(execFileSync('bash', ['-c', `${curl} -s`], { encoding: 'utf8' }));
  expect(answer.success).toBe(true);
  expect(answer.data.rows[0].name).toBe('Lamp');

  await page.getByRole('button', { name: /Add a row/ }).click();
  const add = await page.getByRole('region', { name: 'cURL' }).innerText();
  const made = JSON.parse(execFileSync('bash', ['-c', `${add} -s`], { encoding: 'utf8' }));
  expect(made.success).toBe(true);

  await page.getByRole('button', { name: /List rows/ }).click();
  await page.getByRole('tab', { name: 'Try it' }).click();
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(page.getByRole('region', { name: 'Answer' })).toContainText('Lamp');
  await expectAccessible(page, 'the console');
});

test('tokens, users and workspaces are made and taken away', async ({ signedIn, page }) => {
  await page.goto(`${signedIn.url}/tokens`);
  await page.getByRole('button', { name: 'New token' }).click();
  await page.getByLabel('Name').fill('Nightly');
  await page.getByRole('button', { name: 'Make the token' }).click();
  const secret = await page.getByRole('region', { name: 'Your new token' }).innerText();
  const asProgram = { authorization: `Bearer ${secret.trim()}` };
  expect((await signedIn.call('GET', '/api/db-editor/tables', undefined, asProgram)).status).toBe(200);
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('button', { name: 'Revoke Nightly' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await expect(page.getByText('“Nightly” is revoked')).toBeVisible();
  expect((await signedIn.call('GET', '/api/db-editor/tables', undefined, asProgram)).status).toBe(401);

  await page.goto(`${signedIn.url}/tenants`);
  await page.getByRole('button', { name: 'Add a workspace' }).click();
  await page.getByLabel('Short name').fill('north');
  await page.getByLabel('Name', { exact: true }).fill('North');
  await page.getByRole('dialog').getByRole('button', { name: 'Add a workspace' }).click();
  await expect(page.getByText('The workspace North is there')).toBeVisible();

  await page.goto(`${signedIn.url}/users`);
  await page.getByRole('button', { name: 'Add a user' }).click();
  await page.getByLabel('Email').fill('ann@example.com');
  await page.getByLabel('First password').fill('another good passphrase');
  await page.getByRole('dialog').getByRole('button', { name: 'Add a user' }).click();
  await expect(page.getByText('ann@example.com can sign in now')).toBeVisible();
  await page.getByRole('button', { name: 'Disable ann@example.com' }).click();
  await expect(page.getByRole('button', { name: 'Enable ann@example.com' })).toBeVisible();

  // the other workspace has tables of its own
  await signedIn.call('POST', '/api/db-editor/tables', {
    displayName: 'Here',
    columns: [{ name: 'a', type: 'text' }],
  });
  await page.goto(`${signedIn.url}/tables`);
  await expect(page.getByRole('main').getByRole('link', { name: 'Here' })).toBeVisible();
  await page.getByRole('button', { name: /^Workspace:/ }).click();
  await page.getByRole('menuitemradio', { name: /North/ }).click();
  await expect(page.getByText('Draw your first table')).toBeVisible();
});
