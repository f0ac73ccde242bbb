import type { Page } from '@playwright/test';
import { airportsFile, expect, hasAirports, owner, test } from './base';

/** Tab until the wanted element has the focus: what cannot be reached by key is not there. */
async function tabTo(page: Page, name: string | RegExp, role?: string, limit = 80): Promise<void> {
  for (let presses = 0; presses < limit; presses += 1) {
    const focused = page.locator(':focus');
    if (await focused.count()) {
      const named = role
        ? page.getByRole(role as 'button', { name, exact: typeof name === 'string' })
        : page.getByLabel(name, { exact: true });
      const [element] = await focused.all();
      for (const candidate of await named.all())
        if (
          element &&
          (await candidate.evaluate((node) => node === document.activeElement))
        )
          return;
    }
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab never reached ${name}`);
}

test('the journey by keyboard alone', async ({ studio, page }) => {
  test.skip(!hasAirports, 'no shared data beside the clone');
  await page.goto(studio.setupUrl);
  await tabTo(page, 'Email');
  await page.keyboard.type(owner.email);
  await page.keyboard.press('Tab');
  await page.keyboard.type(owner.password);
  await page.keyboard.press('Tab');
  await page.keyboard.type(owner.password);
  await tabTo(page, 'Add a sample workspace', 'checkbox');
  await page.keyboard.press('Space');
  await tabTo(page, 'Create the account', 'button');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/tables');
  await expect(page.getByText('Draw your first table')).toBeVisible();

  // "c" makes a table, as the shortcuts say
  await page.keyboard.press('c');
  await page.waitForURL('**/tables/new');
  await tabTo(page, 'Table name');
  await page.keyboard.type('Airports');
  await tabTo(page, 'Column name');
  await page.keyboard.type('iata');
  await tabTo(page, 'Unique', 'checkbox');
  await page.keyboard.press('Space');
  for (const name of ['name', 'city', 'state', 'country', 'latitude', 'longitude']) {
    await tabTo(page, 'Add a column', 'button');
    await page.keyboard.press('Enter');
    await expect(page.getByLabel('Column name').last()).toBeFocused();
    await page.keyboard.type(name);
    if (!name.endsWith('tude')) continue;
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('listbox')).toBeVisible();
    await page.keyboard.press('n');
    await page.keyboard.press('Enter');
    await tabTo(page, `Options of ${name}`, 'button');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Kind of number', 'combobox');
    await page.keyboard.press('Enter');
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
  }
  await page.keyboard.press('Control+s');
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByText(/CREATE TABLE/)).toBeVisible();
  await tabTo(page, 'Create the table', 'button');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/tables/custom_airports/data**');

  // the palette finds what has no key of its own
  await page.keyboard.press('Control+k');
  await page.keyboard.type('import airp');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/tables/custom_airports/import');
  await tabTo(page, 'Choose a file', 'button');
  const chooser = page.waitForEvent('filechooser');
  await page.keyboard.press('Enter');
  await (await chooser).setFiles(airportsFile);
  await expect(page.getByRole('combobox', { name: 'Column for iata' })).toBeVisible();
  await tabTo(page, 'Import', 'button');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Imported', { exact: true })).toBeVisible({ timeout: 30_000 });
  await tabTo(page, 'Open the data', 'link');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/tables/custom_airports/data**');

  await page.keyboard.press('Control+k');
  await page.keyboard.type('schema airports');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/tables/custom_airports/schema');
  await tabTo(page, 'Remove city', 'button');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+s');
  await tabTo(page, 'Apply 1 change', 'button');
  await page.keyboard.press('Enter');
  await expect(page.getByText('1 change applied')).toBeVisible();

  await page.keyboard.press('g');
  await page.keyboard.press('h');
  await page.waitForURL('**/history');
  await tabTo(page, /^Undo: Drop the column city/, 'button');
  await page.keyboard.press('Enter');
  await tabTo(page, 'Undo the change', 'button');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Undone').first()).toBeVisible();
  const { data } = await studio.call('GET', '/api/custom/airports?limit=1&fields=iata,city');
  expect(data.rows[0].city).toBeTruthy();

  await page.keyboard.press('Control+k');
  await page.keyboard.type('api airports');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/tables/custom_airports/api');
  await tabTo(page, 'Make a token', 'button');
  await page.keyboard.press('Enter');
  await expect(page.getByText('It is shown this once')).toBeVisible();
});
