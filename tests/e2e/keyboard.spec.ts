import { execFileSync } from 'node:child_process';
import type { Page } from '@playwright/test';
import { airportsFile, expect, hasAirports, owner, type Studio, test } from './base';

/** Tab until the wanted element has the focus: what cannot be reached by key is not there. */
async function tabTo(
  page: Page,
  name: string | RegExp,
  role?: string,
  { back = false, after = '' } = {},
): Promise<void> {
  if (after) await tabTo(page, after, 'tab');
  for (let presses = 0; presses < 80; presses += 1) {
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
    await page.keyboard.press(back ? 'Shift+Tab' : 'Tab');
  }
  throw new Error(`Tab never reached ${name}`);
}

async function cityOf(studio: Studio, iata: string): Promise<string | undefined> {
  const filters = encodeURIComponent(JSON.stringify({ iata }));
  const { data } = await studio.call('GET', `/api/custom/airports?filters=${filters}`);
  return data.rows[0]?.city;
}

/** Sorts, filters, edits and undoes in the grid of the airports. */
async function workWithRows(page: Page, studio: Studio): Promise<void> {
  const grid = page.getByRole('grid', { name: 'Airports' });
  const active = grid.locator('[data-cell]:focus');
  for (let presses = 0; presses < 40 && !(await active.count()); presses += 1)
    await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await expect(grid.getByRole('columnheader', { name: 'iata' })).toHaveAttribute('aria-sort', 'descending');
  await page.keyboard.press('ArrowDown');
  await expect(active).toHaveText('ZZV');

  // Escape goes to the search; Tab from there to the filter
  await page.keyboard.press('Escape');
  await tabTo(page, 'Filter', 'button');
  await page.keyboard.press('Enter');
  await tabTo(page, 'Add a condition', 'button');
  await page.keyboard.press('Enter');
  // one goes on in the new condition, at its column
  await expect(page.getByRole('combobox', { name: 'Column', exact: true })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('listbox')).toBeVisible();
  await page.keyboard.type('city');
  await page.keyboard.press('Enter');
  await tabTo(page, 'Value', 'textbox');
  await page.keyboard.type('Zanes');
  await expect(page.getByText('1 row', { exact: true })).toBeVisible();

  for (let presses = 0; presses < 40 && !(await active.count()); presses += 1)
    await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await expect(active).toHaveText('Zanesville');
  await page.keyboard.press('F2');
  await page.keyboard.type(' (edited)');
  await page.keyboard.press('Enter');
  await expect.poll(() => cityOf(studio, 'ZZV')).toBe('Zanesville (edited)');
  await page.keyboard.press('Control+z');
  await expect.poll(() => cityOf(studio, 'ZZV')).toBe('Zanesville');
  await expect(active).toHaveText('Zanesville');
}

test('the journey by keyboard alone', async ({ studio, page }) => {
  test.skip(!hasAirports, 'no shared data beside the clone');
  test.setTimeout(300_000);
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

  await workWithRows(page, studio);

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
  await expect(page.getByText('Undone', { exact: true }).first()).toBeVisible();
  expect(await cityOf(studio, 'ZZV')).toBe('Zanesville');

  await page.keyboard.press('Control+k');
  await page.keyboard.type('api airports');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/tables/custom_airports/api');
  await tabTo(page, 'Make a token', 'button');
  await page.keyboard.press('Enter');
  await expect(page.getByText('It is shown this once')).toBeVisible();
  await tabTo(page, 'Copy', 'button', { after: 'cURL' });
  await page.keyboard.press('Enter');
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain('curl ');
  const curl = await page.evaluate(() => navigator.clipboard.readText());
  const answer = JSON.parse(execFileSync('bash', ['-c', `${curl} -s`], { encoding: 'utf8' }));
  expect(answer.data.rows[0].iata).toBe('00M');
});
