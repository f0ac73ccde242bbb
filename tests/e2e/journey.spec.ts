import { airportsFile, choose, expect, expectAccessible, hasAirports, owner, test } from './base';

const columns: [string, string, string?][] = [
  ['iata', 'Text'],
  ['name', 'Text'],
  ['city', 'Text'],
  ['state', 'Text'],
  ['country', 'Text'],
  ['latitude', 'Number', 'Decimal'],
  ['longitude', 'Number', 'Decimal'],
];

test('from the set-up link to a table with data and an API', async ({ studio, page }) => {
  test.skip(!hasAirports, 'no shared data beside the clone');

  await test.step('set up by the link', async () => {
    await page.goto(studio.setupUrl);
    await page.getByLabel('Email').fill(owner.email);
    await page.getByLabel('Password', { exact: true }).fill(owner.password);
    await page.getByLabel('Repeat the password').fill(owner.password);
    await page.getByRole('checkbox', { name: 'Add a sample workspace' }).click();
    await expectAccessible(page, 'set-up');
    await page.getByRole('button', { name: 'Create the account' }).click();
    await page.waitForURL('**/tables');
    await expect(page.getByText('Draw your first table')).toBeVisible();
  });

  await test.step('sign out and in', async () => {
    await page.getByRole('button', { name: /^Account/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.waitForURL('**/sign-in');
    await page.getByLabel('Email').fill(owner.email);
    await page.getByLabel('Password').fill('not the password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByRole('alert')).toContainText('That did not match');
    await page.getByLabel('Password').fill(owner.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL('**/tables');
  });

  await test.step('draw Airports and see its SQL', async () => {
    await page.getByRole('main').getByRole('link', { name: 'New table' }).click();
    await page.getByLabel('Table name').fill('Airports');
    for (const [index, [name, type, kind]] of columns.entries()) {
      if (index > 0) await page.getByRole('button', { name: 'Add a column' }).click();
      const row = page.getByRole('group', { name: new RegExp(`^(Column ${index + 1}|${name})$`) });
      await row.getByLabel('Column name').fill(name);
      const named = page.getByRole('group', { name, exact: true });
      if (type !== 'Text') {
        await named.getByRole('combobox', { name: 'Type' }).click();
        await page.getByRole('option', { name: type }).click();
      }
      if (kind) {
        await named.getByRole('button', { name: `Options of ${name}` }).click();
        await choose(page, 'Kind of number', kind);
      }
    }
    const iata = page.getByRole('group', { name: 'iata', exact: true });
    await iata.getByRole('checkbox', { name: 'Required' }).click();
    await iata.getByRole('checkbox', { name: 'Unique' }).click();
    await expectAccessible(page, 'the designer');
    await page.getByRole('button', { name: 'Review the SQL' }).click();
    const dialog = page.getByRole('dialog');
    await expect(dialog.getByText(/CREATE TABLE/)).toBeVisible();
    await expect(dialog.getByRole('heading', { name: 'Risks' })).toBeVisible();
    await expectAccessible(page, 'the review');
    await dialog.getByRole('button', { name: 'Create the table' }).click();
    await page.waitForURL('**/tables/custom_airports/data**');
    await expect(page.getByText('“Airports” is created')).toBeVisible();
  });

  await test.step('import airports.csv', async () => {
    await page.getByRole('link', { name: 'Import', exact: true }).click();
    await page.getByLabel('Choose a file').setInputFiles(airportsFile);
    await expect(page.getByRole('combobox', { name: 'Column for iata' })).toContainText('iata');
    await expectAccessible(page, 'the mapping');
    await page.getByRole('button', { name: 'Check first' }).click();
    await expect(page.getByText('Checked: nothing was imported yet')).toBeVisible({ timeout: 30_000 });
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await expect(page.getByText('Imported', { exact: true })).toBeVisible({ timeout: 30_000 });
    await expect(page.getByText('3,376')).toBeVisible();
    await page.getByRole('link', { name: 'Open the data' }).click();
    await page.waitForURL('**/tables/custom_airports/data**');
  });
});
