import { execFileSync } from 'node:child_process';
import {
  airportsFile,
  choose,
  expect,
  expectAccessible,
  hasAirports,
  owner,
  readAirports,
  test,
} from './base';

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
  test.setTimeout(300_000);

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

  const airports = readAirports();
  const texans = airports
    .filter((airport) => airport.state === 'TX')
    .sort((a, b) => (a.iata < b.iata ? 1 : -1));
  const grid = page.getByRole('grid', { name: 'Airports' });
  const cell = (row: number, column: string) =>
    grid.locator(
      `[role="row"][aria-rowindex="${row + 1}"] [aria-colindex="${columns.findIndex(([name]) => name === column) + 2}"]`,
    );
  const stored = async (iata: string, column: string) => {
    const filters = encodeURIComponent(JSON.stringify({ iata }));
    const answer = await studio.call('GET', `/api/custom/airports?filters=${filters}`);
    return answer.data.rows[0]?.[column];
  };

  await test.step('sort', async () => {
    const heading = grid.getByRole('columnheader', { name: 'iata' });
    await heading.getByText('iata').click();
    await expect(heading).toHaveAttribute('aria-sort', 'ascending');
    await expect(cell(1, 'iata')).toHaveText('00M');
    await heading.getByText('iata').click();
    await expect(heading).toHaveAttribute('aria-sort', 'descending');
    await expect(cell(1, 'iata')).toHaveText('ZZV');
    await expect(page.getByText('3,376 rows')).toBeVisible();
    await expectAccessible(page, 'the grid');
  });

  await test.step('filter', async () => {
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.getByRole('button', { name: 'Add a condition' }).click();
    await choose(page, 'Column', 'state');
    await choose(page, 'Comparison', /^is$/);
    await page.getByRole('textbox', { name: 'Value' }).fill('TX');
    await expect(page.getByText(`${texans.length} rows`)).toBeVisible();
    await expect(cell(1, 'iata')).toHaveText(texans[0]?.iata ?? '');
    await expectAccessible(page, 'the filter');
  });

  const first = texans[0]?.iata ?? '';
  const city = texans[0]?.city ?? '';
  await test.step('edit and undo', async () => {
    await cell(1, 'city').click();
    await page.keyboard.type('Somewhere else');
    await page.keyboard.press('Enter');
    await expect(cell(1, 'city')).toHaveText('Somewhere else');
    await expect.poll(() => stored(first, 'city')).toBe('Somewhere else');
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await expect(cell(1, 'city')).toHaveText(city);
    await expect.poll(() => stored(first, 'city')).toBe(city);
  });

  await test.step('drop a column and bring it back with its data', async () => {
    await page.getByRole('link', { name: 'Schema', exact: true }).click();
    await page.getByRole('button', { name: 'Remove city' }).click();
    await page.getByRole('button', { name: 'Review the SQL' }).click();
    const dialog = page.getByRole('dialog');
    await expect(dialog.getByText(/This can be undone/)).toBeVisible();
    await expect(dialog.getByText(/have a value in “city”/)).toBeVisible();
    await dialog.getByRole('button', { name: 'Apply 1 change' }).click();
    await expect(page.getByText('1 change applied')).toBeVisible();
    expect(await stored(first, 'city')).toBeUndefined();
    await page.getByRole('link', { name: 'History' }).last().click();
    await page.getByRole('button', { name: /^Undo: Drop the column city of Airports/ }).click();
    await expect(dialog.getByRole('heading', { name: 'What will run' })).toBeVisible();
    await expectAccessible(page, 'the undo of a change');
    await dialog.getByRole('button', { name: 'Undo the change' }).click();
    await expect(page.getByText('Undone', { exact: true }).first()).toBeVisible();
    const exported = await studio.call('GET', '/api/db-editor/export/custom_airports?format=json');
    const back = (JSON.parse(exported.text) as { iata: string; city: string }[]).map(
      (row) => `${row.iata} ${row.city}`,
    );
    expect(back.sort()).toEqual(airports.map((row) => `${row.iata} ${row.city}`).sort());
  });

  await test.step('call the API from its page, and with curl', async () => {
    await page.getByRole('link', { name: 'API', exact: true }).click();
    await page.getByRole('button', { name: 'Make a token' }).click();
    await expect(page.getByRole('region', { name: 'Your token' })).toBeVisible();
    await page
      .getByRole('tabpanel', { name: 'cURL' })
      .getByRole('button', { name: 'Copy', exact: true })
      .click();
    const curl = await page.evaluate(() => navigator.clipboard.readText());
    expect(curl).toContain(`${studio.url}/api/custom/airports`);
    const answer = JSON.parse(execFileSync('bash', ['-c', `${curl} -s`], { encoding: 'utf8' }));
    expect(answer.data.pagination.total).toBe(airports.length);
    expect(answer.data.rows[0].iata).toBe('00M');
    await page.getByRole('tab', { name: 'Try it' }).click();
    await page.getByRole('button', { name: 'Send' }).click();
    await expect(page.getByRole('region', { name: 'Answer' })).toContainText('00M');
    await expectAccessible(page, 'the API page');
  });
});
