import { expect, expectAccessible, type Studio, test } from './base';

async function withAirports(studio: Studio): Promise<void> {
  const made = await studio.call('POST', '/api/db-editor/tables', {
    displayName: 'Airports',
    columns: [
      { name: 'iata', type: 'text', nullable: false, unique: true },
      { name: 'city', type: 'text' },
    ],
  });
  expect(made.status, made.text).toBe(201);
  for (const [iata, city] of [
    ['FLR', 'Florence'],
    ['CDG', 'Paris'],
    ['LHR', 'London'],
  ]) {
    const row = await studio.call('POST', '/api/custom/airports', { iata, city });
    expect(row.status, row.text).toBe(201);
  }
}

const cities = async (studio: Studio) => {
  const { data } = await studio.call('GET', '/api/custom/airports?sort=iata&order=asc');
  return data.rows.map((row: { city?: string }) => row.city);
};

test('a dropped column comes back with its data from the history', async ({ signedIn, page }) => {
  await withAirports(signedIn);
  await page.goto(`${signedIn.url}/tables/custom_airports/schema`);
  await page.getByRole('button', { name: 'Remove city' }).click();
  await expect(page.getByRole('heading', { name: 'To be dropped' })).toBeVisible();
  await page.getByRole('button', { name: 'Review the SQL' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('heading', { name: 'What will run' })).toBeVisible();
  await expect(dialog.getByText(/This can be undone/)).toBeVisible();
  await expectAccessible(page, 'the review of a drop');
  await dialog.getByRole('button', { name: 'Apply 1 change' }).click();
  await expect(page.getByText('1 change applied')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Remove city' })).toHaveCount(0);
  expect(await cities(signedIn)).toEqual([undefined, undefined, undefined]);

  await page.getByRole('link', { name: 'History' }).last().click();
  await page.getByRole('button', { name: /^Undo: Drop the column city/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Undo the change' }).click();
  await expect(page.getByText('Undone', { exact: true }).first()).toBeVisible();
  expect(await cities(signedIn)).toEqual(['Paris', 'Florence', 'London']);
});

test('a new column and an index are made, and the toast takes them back', async ({ signedIn, page }) => {
  await withAirports(signedIn);
  await page.goto(`${signedIn.url}/tables/custom_airports/schema`);
  await page.getByRole('button', { name: 'Add a column' }).click();
  await page.getByLabel('Column name').last().fill('Runways');
  await page.getByRole('button', { name: 'Add an index' }).click();
  await page.getByRole('button', { name: 'Choose columns' }).click();
  await page.getByRole('checkbox', { name: 'city' }).click();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Review the SQL' }).click();
  await page.getByRole('button', { name: 'Apply 2 changes' }).click();
  await expect(page.getByText('2 changes applied')).toBeVisible();
  const columns = async () =>
    (await signedIn.call('GET', '/api/db-editor/tables/custom_airports')).data.columns.map(
      (column: { name: string }) => column.name,
    );
  expect(await columns()).toContain('runways');
  await page.getByRole('button', { name: 'Undo', exact: true }).click();
  await expect(page.getByText('The change was taken back.')).toBeVisible();
  expect(await columns()).not.toContain('runways');
});

test('a table goes to the trash and comes back; purging is for good', async ({ signedIn, page }) => {
  await withAirports(signedIn);
  await page.goto(`${signedIn.url}/tables`);
  await page.getByRole('button', { name: 'Actions for Airports' }).click();
  await page.getByRole('menuitem', { name: 'Delete table' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('heading', { name: 'What will run' })).toBeVisible();
  await expectAccessible(page, 'the dialog that deletes a table');
  await dialog.getByRole('button', { name: 'Delete table' }).click();
  await expect(page.getByText('“Airports” is in the trash')).toBeVisible();
  expect((await signedIn.call('GET', '/api/custom/airports')).status).toBe(404);

  await page.getByRole('link', { name: 'Trash' }).click();
  await expectAccessible(page, 'the trash');
  await page.getByRole('button', { name: /^Restore / }).click();
  await expect(page.getByText('The trash is empty')).toBeVisible();
  expect(await cities(signedIn)).toEqual(['Paris', 'Florence', 'London']);

  await signedIn.call('DELETE', '/api/db-editor/tables/custom_airports');
  await page.reload();
  await page.getByRole('button', { name: /^Purge / }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Purge' }).click();
  await expect(page.getByText('The trash is empty')).toBeVisible();
});

test.describe('a change that takes long', () => {
  test.use({ settings: '--job-rows 1' });

  test('runs as a job, and is taken back as one', async ({ signedIn, page }) => {
    const made = await signedIn.call('POST', '/api/db-editor/tables', {
      displayName: 'Airports',
      columns: [
        { name: 'iata', type: 'text', nullable: false, unique: true },
        { name: 'runways', type: 'number', kind: 'integer', validation: { min: 1 } },
      ],
    });
    expect(made.status, made.text).toBe(201);
    for (const [iata, runways] of [
      ['FLR', 1],
      ['CDG', 4],
      ['LHR', 2],
    ])
      await signedIn.call('POST', '/api/custom/airports', { iata, runways });
    await page.goto(`${signedIn.url}/tables/custom_airports/schema`);
    await page.getByRole('button', { name: 'Remove runways' }).click();
    await page.getByRole('button', { name: 'Review the SQL' }).click();
    const answer = page.waitForResponse('**/api/db-editor/changes');
    await page.getByRole('button', { name: 'Apply 1 change' }).click();
    expect((await answer).status()).toBe(202);
    await expect(page.getByText('1 change applied')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Remove runways' })).toHaveCount(0);
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await expect(page.getByText('The change was taken back.')).toBeVisible();
    const { data } = await signedIn.call('GET', '/api/custom/airports?sort=iata&order=asc');
    expect(data.rows.map((row: { runways: number }) => row.runways)).toEqual([4, 1, 2]);
    await page.goto(`${signedIn.url}/jobs`);
    await expect(page.getByRole('row', { name: /Change of a schema/ }).first()).toContainText('Done');
  });
});
