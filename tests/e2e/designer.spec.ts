import { choose, expect, expectAccessible, test } from './base';

test('Contacts with a relation to Companies, drawn in the browser', async ({ signedIn, page }) => {
  await page.goto(`${signedIn.url}/tables/new`);
  await page.getByLabel('Table name').fill('Companies');
  await page.getByLabel('Column name').fill('Name');
  await page.getByRole('group', { name: 'Name' }).getByRole('checkbox', { name: 'Required' }).click();
  await page.getByRole('button', { name: 'Review the SQL' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Create the table' }).click();
  await page.waitForURL('**/tables/custom_companies/data**');

  // the steps of the specification's user guide
  await page.goto(`${signedIn.url}/tables/new`);
  await page.getByLabel('Table name').fill('Contacts');
  await page.getByLabel('Description').fill('Customer contact information');
  for (const [at, name, ...rules] of [
    [1, 'email', 'Required', 'Unique'],
    [2, 'name', 'Required'],
    [3, 'phone'],
    [4, 'company_id'],
  ] as [number, string, ...string[]][]) {
    if (at > 1) await page.getByRole('button', { name: 'Add a column' }).click();
    await page.getByRole('group', { name: `Column ${at}` }).getByLabel('Column name').fill(name);
    for (const rule of rules)
      await page
        .getByRole('group', { name, exact: true })
        .getByRole('checkbox', { name: rule })
        .click();
  }
  const company = page.getByRole('group', { name: 'company_id', exact: true });
  await company.getByRole('combobox', { name: 'Type' }).click();
  await page.getByRole('option', { name: 'Relation' }).click();
  await page.getByRole('button', { name: 'Review the SQL' }).click();
  await expect(page.getByText('Choose the table it refers to.').first()).toBeVisible();
  await expectAccessible(page, 'a relation without its table');
  await choose(page, 'Refers to', /Companies/);
  await choose(page, 'When the row it refers to is deleted', 'Delete these rows too');
  await page.getByRole('button', { name: 'Review the SQL' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByText(/CREATE TABLE/)).toBeVisible();
  await expect(dialog.getByText(/Deleting a row of “custom_companies” deletes its rows/)).toBeVisible();
  await dialog.getByRole('button', { name: 'Create the table' }).click();
  await page.waitForURL('**/tables/custom_contacts/data**');

  const table = await signedIn.call('GET', '/api/db-editor/tables/custom_contacts');
  expect(table.data.apiPath).toBe('/api/custom/contacts');
  const column = table.data.columns.find((item: { name: string }) => item.name === 'company_id');
  expect(column).toMatchObject({ type: 'relation', relatedTable: 'custom_companies' });

  // a contact of a company, chosen by its name
  const made = await signedIn.call('POST', '/api/custom/companies', { name: 'ACME' });
  await page.getByRole('button', { name: 'Add a row' }).first().click();
  const form = page.getByRole('complementary', { name: 'New row' });
  await form.getByRole('textbox', { name: /^email/ }).fill('ann@example.com');
  await form.getByRole('textbox', { name: /^name/ }).fill('Ann');
  await form.getByRole('combobox', { name: 'company_id' }).click();
  await form.getByRole('option', { name: /ACME/ }).click();
  await form.getByRole('button', { name: 'Add the row' }).click();
  const grid = page.getByRole('grid', { name: 'Contacts' });
  await expect(grid.getByText('ACME', { exact: true })).toBeVisible();
  const { data } = await signedIn.call('GET', '/api/custom/contacts');
  expect(data.rows).toHaveLength(1);
  expect(data.rows[0]).toMatchObject({ email: 'ann@example.com', company_id: made.data.id });
  const orphan = await signedIn.call('POST', '/api/custom/contacts', {
    email: 'bob@example.com',
    name: 'Bob',
    company_id: '00000000-0000-7000-8000-000000000000',
  });
  expect(orphan.status, orphan.text).toBe(409);
});

test('columns are moved by dragging and by keys, and the order is kept', async ({ signedIn, page }) => {
  await page.goto(`${signedIn.url}/tables/new`);
  await page.getByLabel('Table name').fill('Order');
  for (const [index, name] of ['alpha', 'beta', 'gamma'].entries()) {
    if (index > 0) await page.getByRole('button', { name: 'Add a column' }).click();
    await page.getByLabel('Column name').last().fill(name);
  }
  const names = () =>
    page.getByLabel('Column name').evaluateAll((inputs) =>
      inputs.map((input) => (input as HTMLInputElement).value),
    );
  await page
    .getByRole('button', { name: 'Move gamma', exact: true })
    .dragTo(page.getByRole('group', { name: 'alpha', exact: true }), {
      targetPosition: { x: 40, y: 4 },
    });
  await expect.poll(names).toEqual(['gamma', 'alpha', 'beta']);

  await page.getByRole('button', { name: 'Move gamma', exact: true }).focus();
  await page.keyboard.press('ArrowDown');
  await expect.poll(names).toEqual(['alpha', 'gamma', 'beta']);
  await expect(page.getByRole('button', { name: 'Move gamma', exact: true })).toBeFocused();
  await expect(page.getByText('gamma is now column 2 of 3')).toBeAttached();

  // Alt with an arrow moves the column one is writing in.
  await page.getByLabel('Column name').last().focus();
  await page.keyboard.press('Alt+ArrowUp');
  await page.keyboard.press('Alt+ArrowUp');
  await expect.poll(names).toEqual(['beta', 'alpha', 'gamma']);

  await page.getByRole('button', { name: 'Review the SQL' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Create the table' }).click();
  await page.waitForURL('**/tables/custom_order/data**');
  await page.goto(`${signedIn.url}/tables/custom_order/schema`);
  await expect(page.getByLabel('Column name')).toHaveCount(3);
  await expect.poll(names).toEqual(['beta', 'alpha', 'gamma']);

  await page.getByRole('button', { name: 'Move gamma', exact: true }).focus();
  await page.keyboard.press('ArrowUp');
  await page.getByRole('button', { name: 'Review the SQL' }).click();
  await expect(page.getByText('The order of the columns changes')).toBeVisible();
  await page.getByRole('button', { name: 'Apply 1 change' }).click();
  await expect(page.getByText('1 change applied')).toBeVisible();
  await page.reload();
  await expect(page.getByLabel('Column name')).toHaveCount(3);
  await expect.poll(names).toEqual(['beta', 'gamma', 'alpha']);
});

test('rules, defaults and choices of a column reach the server', async ({ signedIn, page }) => {
  await page.goto(`${signedIn.url}/tables/new`);
  await page.getByLabel('Table name').fill('People');
  await page.getByLabel('Column name').fill('Email');
  await page.getByRole('button', { name: 'Options of Email' }).click();
  await page.getByLabel('Pattern (regular expression)').fill('[');
  await expect(page.getByText('This is not a regular expression.').first()).toBeVisible();
  await page.getByLabel('Pattern (regular expression)').fill('^[^@]+@[^@]+$');
  await page.getByLabel('Longest, in characters').fill('120');
  await page.getByRole('button', { name: 'Add a column' }).click();
  await page.getByLabel('Column name').last().fill('Stage');
  await page.getByRole('group', { name: 'Stage' }).getByRole('combobox', { name: 'Type' }).click();
  await page.getByRole('option', { name: 'Choice' }).click();
  await page.getByLabel('Values, one per line').fill('lead\ncustomer\nlost');
  await choose(page, 'Default', 'lead');
  await page.getByRole('button', { name: 'Add a column' }).click();
  await page.getByLabel('Column name').last().fill('Email');
  await expect(page.getByText('Another column has this name.').first()).toBeVisible();
  await expectAccessible(page, 'the designer with a problem');
  await page.getByLabel('Column name').last().fill('Age');
  const age = page.getByRole('group', { name: 'Age', exact: true });
  await age.getByRole('combobox', { name: 'Type' }).click();
  await page.getByRole('option', { name: 'Number' }).click();
  await age.getByRole('button', { name: 'Options of Age' }).click();
  await age.getByLabel('Smallest').fill('0');
  await age.getByLabel('Largest').fill('150');
  await page.getByRole('button', { name: 'Review the SQL' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Create the table' }).click();
  await page.waitForURL('**/tables/custom_people/data**');

  const { data } = await signedIn.call('GET', '/api/db-editor/tables/custom_people');
  const find = (name: string) => data.columns.find((item: { name: string }) => item.name === name);
  expect(find('email').validation.pattern).toBe('^[^@]+@[^@]+$');
  expect(find('stage').values).toEqual(['lead', 'customer', 'lost']);
  expect(find('stage').defaultValue).toBe('lead');
  expect(find('age').validation).toMatchObject({ min: 0, max: 150 });
  const bad = await signedIn.call('POST', '/api/custom/people', { email: 'no mail', age: 3 });
  expect(bad.status, bad.text).toBe(422);
  const good = await signedIn.call('POST', '/api/custom/people', { email: 'a@b', age: 3 });
  expect(good.status, good.text).toBe(201);
  expect(good.data.stage).toBe('lead');
});
