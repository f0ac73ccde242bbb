import { expect, expectAccessible, type Studio, test } from './base';

async function withPeople(studio: Studio): Promise<void> {
  const made = await studio.call('POST', '/api/db-editor/tables', {
    displayName: 'People',
    columns: [
      { name: 'email', displayName: 'E-mail', type: 'text', nullable: false, unique: true },
      { name: 'age', type: 'number', kind: 'integer' },
    ],
  });
  expect(made.status, made.text).toBe(201);
}

const people = async (studio: Studio) => {
  const { data } = await studio.call('GET', '/api/custom/people?sort=email&order=asc&limit=100');
  return data.rows.map((row: { email: string; age: number | null }) => [row.email, row.age]);
};

const file = (name: string, text: string | Buffer, mimeType = 'text/csv') => ({
  name,
  mimeType,
  buffer: Buffer.from(text),
});

test('wrong rows are told one by one, and can be skipped', async ({ signedIn, page }) => {
  await withPeople(signedIn);
  await page.goto(`${signedIn.url}/tables/custom_people/import`);
  await page
    .getByLabel('Choose a file')
    .setInputFiles(file('people.csv', 'email,age\na@x.org,1\nb@x.org,old\n,3\nc@x.org,4\n'));
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await expect(page.getByText('Nothing was imported')).toBeVisible();
  const errors = page.getByRole('table', { name: 'Rows with errors' });
  await expect(errors.getByRole('row')).toHaveCount(3);
  await expectAccessible(page, 'an import that was refused');
  expect(await people(signedIn)).toEqual([]);

  await page.getByRole('button', { name: 'Back to the columns' }).click();
  await page.getByRole('combobox', { name: 'When a row is wrong' }).click();
  await page.getByRole('option', { name: 'Skip it and import the others' }).click();
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await expect(page.getByText('Imported', { exact: true })).toBeVisible();
  await expect(errors.getByRole('row')).toHaveCount(3);
  expect(await people(signedIn)).toEqual([
    ['a@x.org', 1],
    ['c@x.org', 4],
  ]);
});

test('columns are mapped by hand, left out, and rows updated by a key', async ({ signedIn, page }) => {
  await withPeople(signedIn);
  await signedIn.call('POST', '/api/custom/people', { email: 'a@x.org', age: 1 });
  await page.goto(`${signedIn.url}/tables/custom_people/import`);
  // semicolons, and letters as Windows writes them
  const bytes = Buffer.from('Mail;Years;Rémark\na@x.org;41;caf\u00e9\nb@x.org;42;\n', 'latin1');
  await page.getByLabel('Choose a file').setInputFiles(file('people.csv', bytes));
  await expect(page.getByRole('combobox', { name: 'Delimiter' })).toContainText('Semicolon');
  await expect(page.getByText(/windows-1252/)).toBeVisible();
  for (const [from, to] of [
    ['Mail', 'E-mail'],
    ['Years', 'age'],
  ] as const) {
    await page.getByRole('combobox', { name: `Column for ${from}` }).click();
    await page.getByRole('option', { name: to, exact: true }).click();
  }
  await page.getByRole('combobox', { name: 'Rows that are there already' }).click();
  await page.getByRole('option', { name: 'Update the row with the same E-mail' }).click();
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await expect(page.getByText('Imported', { exact: true })).toBeVisible();
  expect(await people(signedIn)).toEqual([
    ['a@x.org', 41],
    ['b@x.org', 42],
  ]);
});

test('a table is made of a file, with the types that fit', async ({ signedIn, page }) => {
  await page.goto(`${signedIn.url}/tables/from-file`);
  await page.getByLabel('Choose a file').setInputFiles(
    file(
      'my-orders.csv',
      'Order No,Code,Price,Paid,Day,Note\n1,007,1.50,true,2026-05-17,"a, b"\n2,008,2,false,2026-05-18,\n',
    ),
  );
  await expect(page.getByLabel('Name of the new table')).toHaveValue('My orders');
  await expect(page.getByRole('combobox', { name: 'Type of Order No' })).toContainText('whole');
  await expect(page.getByRole('combobox', { name: 'Type of Code' })).toContainText('Text');
  await expect(page.getByRole('combobox', { name: 'Type of Price' })).toContainText('decimal');
  await expectAccessible(page, 'a table from a file');
  await page.getByRole('checkbox', { name: 'Note' }).click();
  await page.getByRole('button', { name: 'Review the SQL' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByText(/CREATE TABLE/)).toBeVisible();
  await dialog.getByRole('button', { name: 'Create the table and import' }).click();
  await expect(page.getByText('Imported', { exact: true })).toBeVisible();
  const { data } = await signedIn.call('GET', '/api/custom/my_orders?sort=order_no&order=asc');
  expect(data.rows).toHaveLength(2);
  expect(data.rows[0]).toMatchObject({
    order_no: 1,
    code: '007',
    price: 1.5,
    paid: true,
    day: '2026-05-17',
  });
  expect(data.rows[0]).not.toHaveProperty('note');
});

test('JSON and NDJSON come in as they are', async ({ signedIn, page }) => {
  await withPeople(signedIn);
  for (const [name, text, type] of [
    ['people.json', '[{"email":"a@x.org","age":1},{"email":"b@x.org"}]', 'application/json'],
    ['people.ndjson', '{"email":"c@x.org","age":3}\n', 'application/x-ndjson'],
  ] as const) {
    await page.goto(`${signedIn.url}/tables/custom_people/import`);
    await page.getByLabel('Choose a file').setInputFiles(file(name, text, type));
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await expect(page.getByText('Imported', { exact: true })).toBeVisible();
  }
  expect(await people(signedIn)).toEqual([
    ['a@x.org', 1],
    ['b@x.org', null],
    ['c@x.org', 3],
  ]);
});

test('a large file goes on in a job, which tells how far it is', async ({ signedIn, page }) => {
  await withPeople(signedIn);
  const rows = 200_000;
  const lines = ['email,age'];
  for (let at = 0; at < rows; at += 1) lines.push(`somebody-with-a-long-name-${at}@example.com,${at % 90}`);
  await page.goto(`${signedIn.url}/tables/custom_people/import`);
  await page.getByLabel('Choose a file').setInputFiles(file('many.csv', lines.join('\n')));
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await expect(page.getByText('It goes on when you leave this page.')).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText('Imported', { exact: true })).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText('200,000')).toBeVisible();
  await page.getByRole('link', { name: 'Jobs', exact: true }).click();
  const job = page.getByRole('row', { name: /Import.*custom_people/ });
  await expect(job).toContainText('Done');
  await expectAccessible(page, 'the jobs');
});
