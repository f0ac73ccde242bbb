import type { Locator, Page } from '@playwright/test';
import { expect, expectAccessible, type Studio, test } from './base';

const columns = [
  { name: 'name', displayName: 'Name', type: 'text', nullable: false },
  { name: 'age', displayName: 'Age', type: 'number', kind: 'integer', validation: { max: 150 } },
  { name: 'active', displayName: 'Active', type: 'boolean' },
];

/** People in the order of their names: "p000", "p001" and so on. */
async function withPeople(studio: Studio, page: Page, rows = 40): Promise<Locator> {
  const made = await studio.call('POST', '/api/db-editor/tables', { displayName: 'People', columns });
  expect(made.status, made.text).toBe(201);
  if (rows > 0) {
    const lines = Array.from(
      { length: rows },
      (_, row) => `p${String(row).padStart(3, '0')},${row % 100},${row % 2 === 0}`,
    );
    const done = await studio.call(
      'POST',
      '/api/db-editor/import/custom_people',
      `name,age,active\n${lines.join('\n')}\n`,
      { 'content-type': 'text/csv' },
    );
    expect(done.status, done.text).toBe(200);
  }
  await page.goto(`${studio.url}/tables/custom_people/data?sort=name&order=asc`);
  const grid = page.getByRole('grid', { name: 'People' });
  if (rows > 0) await expect(grid.getByText('p000')).toBeVisible();
  return grid;
}

const stored = async (studio: Studio, column = 'name') => {
  const { data } = await studio.call('GET', '/api/custom/people?sort=name&order=asc&limit=1000');
  return data.rows.map((row: Record<string, unknown>) => row[column]);
};

/** The cell of a row, counted from 1, and a column by its heading. */
const cell = (grid: Locator, row: number, column: 'Name' | 'Age' | 'Active') => {
  const at = { Name: 2, Age: 3, Active: 4 }[column];
  return grid.locator(`[role="row"][aria-rowindex="${row + 1}"] [aria-colindex="${at}"]`);
};

test('cells are edited by keys, and taken back', async ({ signedIn, page }) => {
  const grid = await withPeople(signedIn, page);
  await cell(grid, 1, 'Name').click();
  await page.keyboard.type('Zoë');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type('77');
  await page.keyboard.press('Enter');
  await expect(cell(grid, 1, 'Name')).toHaveText('Zoë');
  await expect(cell(grid, 1, 'Age')).toHaveText('77');
  await expect.poll(() => stored(signedIn)).toContain('Zoë');
  // Enter went down to the column where Tab began.
  await expect(cell(grid, 2, 'Name')).toBeFocused();

  await page.keyboard.press('ControlOrMeta+z');
  await expect(cell(grid, 1, 'Age')).toHaveText('0');
  await page.keyboard.press('ControlOrMeta+z');
  await expect(cell(grid, 1, 'Name')).toHaveText('p000');
  await page.keyboard.press('ControlOrMeta+Shift+z');
  await expect(cell(grid, 1, 'Name')).toHaveText('Zoë');
  await page.keyboard.press('ControlOrMeta+z');
  await expect.poll(() => stored(signedIn)).not.toContain('Zoë');

  // Escape leaves all as it was; F2 keeps the text.
  await page.keyboard.press('F2');
  await page.keyboard.type(' and more');
  await page.keyboard.press('Escape');
  await expect(cell(grid, 2, 'Name')).toHaveText('p001');
  // Delete clears to NULL where that may be.
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Delete');
  await expect(cell(grid, 2, 'Age')).toHaveText('NULL');
  await expect.poll(() => stored(signedIn, 'age').then((ages) => ages[1])).toBeNull();
  // A switch switches.
  await page.keyboard.press('ArrowRight');
  await expect(cell(grid, 2, 'Active')).toHaveText('no');
  await page.keyboard.press('Enter');
  await expect(cell(grid, 2, 'Active')).toHaveText('NULL');
  await page.keyboard.press('Enter');
  await expect(cell(grid, 2, 'Active')).toHaveText('yes');
});

test('what does not fit is told at the cell', async ({ signedIn, page }) => {
  const grid = await withPeople(signedIn, page);
  await cell(grid, 3, 'Age').click();
  await page.keyboard.type('old');
  await page.keyboard.press('Enter');
  await expect(page.getByText('This is not a number.')).toBeVisible();
  await expectAccessible(page, 'a cell that does not fit');
  await page.keyboard.press('Escape');
  await page.keyboard.type('151');
  await page.keyboard.press('Enter');
  await page.keyboard.press('ArrowUp');
  await expect(cell(grid, 3, 'Age')).toHaveAttribute('aria-invalid', 'true');
  await expect(cell(grid, 3, 'Age').getByRole('alert')).toBeVisible();
  await expect(page.getByText('1 cell is not saved')).toBeVisible();
  await expectAccessible(page, 'a cell that was refused');
  await page.keyboard.press('Escape');
  await expect(cell(grid, 3, 'Age')).toHaveText('2');
  expect((await stored(signedIn, 'age'))[2]).toBe(2);
});

test('a change by somebody else is not overwritten unseen', async ({ signedIn, page }) => {
  const grid = await withPeople(signedIn, page);
  const { data } = await signedIn.call('GET', '/api/custom/people?sort=name&order=asc&limit=1');
  const change = (body: object) =>
    signedIn.call('PATCH', `/api/custom/people/${data.rows[0].id}`, body);
  await cell(grid, 1, 'Age').click();
  expect((await change({ age: 100 })).status).toBe(200);
  await page.keyboard.type('50');
  await page.keyboard.press('Enter');
  await page.keyboard.press('ArrowUp');
  await expect(page.getByText('Somebody else changed this cell')).toBeVisible();
  await expect(page.getByText('It says now: 100')).toBeVisible();
  expect((await stored(signedIn, 'age'))[0]).toBe(100);
  await page.getByRole('button', { name: 'Keep mine' }).click();
  await expect.poll(() => stored(signedIn, 'age').then((ages) => ages[0])).toBe(50);
  // Another column of the same row: both changes stay.
  expect((await change({ active: null })).status).toBe(200);
  await cell(grid, 1, 'Age').click();
  await page.keyboard.type('51');
  await page.keyboard.press('Enter');
  await expect.poll(() => stored(signedIn, 'age').then((ages) => ages[0])).toBe(51);
  expect((await stored(signedIn, 'active'))[0]).toBeNull();
});

test('ranges are copied, pasted and taken back as one', async ({ signedIn, page }) => {
  const grid = await withPeople(signedIn, page);
  await cell(grid, 1, 'Name').click();
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('ControlOrMeta+c');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('p000\t0\np001\t1');
  await cell(grid, 5, 'Name').click();
  await page.keyboard.press('ControlOrMeta+v');
  await expect(cell(grid, 6, 'Name')).toHaveText('p001');
  await expect(cell(grid, 6, 'Age')).toHaveText('1');
  await expect.poll(() => stored(signedIn).then((n) => n.filter((x: string) => x === 'p000'))).toHaveLength(2);
  await page.keyboard.press('ControlOrMeta+z');
  await expect(cell(grid, 5, 'Name')).toHaveText('p004');
  await expect(cell(grid, 6, 'Age')).toHaveText('5');
  // From another program, with quotes and a wrong value.
  await page.evaluate(() => navigator.clipboard.writeText('"a ""b"""\t12\nc\tx\n'));
  await page.keyboard.press('ControlOrMeta+v');
  await expect(cell(grid, 5, 'Name')).toHaveText('a "b"');
  await expect(cell(grid, 5, 'Age')).toHaveText('12');
  await expect(cell(grid, 6, 'Age')).toContainText('x');
  await expect(cell(grid, 6, 'Age')).toHaveAttribute('aria-invalid', 'true');
});

test('rows are sorted, filtered and searched', async ({ signedIn, page }) => {
  const grid = await withPeople(signedIn, page);
  await grid.getByRole('columnheader', { name: /Age/ }).getByText('Age').click();
  await expect(grid.getByRole('columnheader', { name: /Age/ })).toHaveAttribute('aria-sort', 'ascending');
  await grid.getByRole('columnheader', { name: /Age/ }).getByText('Age').click();
  await expect(cell(grid, 1, 'Name')).toHaveText('p039');

  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  await page.getByRole('button', { name: 'Add a condition' }).click();
  await page.getByRole('combobox', { name: 'Column' }).click();
  await page.getByRole('option', { name: 'Age' }).click();
  await page.getByRole('combobox', { name: 'Comparison' }).click();
  await page.getByRole('option', { name: 'is at least' }).click();
  await page.getByRole('textbox', { name: 'Value' }).fill('35');
  await expect(page.getByText('5 rows', { exact: true })).toBeVisible();
  await expectAccessible(page, 'a filter');
  await page.getByRole('button', { name: 'Remove all' }).click();
  await expect(page.getByText('40 rows', { exact: true })).toBeVisible();

  await page.getByRole('searchbox', { name: 'Search all text' }).fill('P01');
  await expect(page.getByText('10 rows', { exact: true })).toBeVisible();
  await page.getByRole('searchbox').fill('nobody');
  await expect(page.getByText('No row matches')).toBeVisible();
  await expectAccessible(page, 'no match');
  await page.getByRole('button', { name: 'Show all rows' }).click();
  await expect(page.getByText('40 rows', { exact: true })).toBeVisible();
  // The address keeps it all.
  await page.reload();
  await expect(cell(grid, 1, 'Name')).toHaveText('p039');
});

test('rows are selected by mouse and by keys, deleted, and brought back', async ({ signedIn, page }) => {
  const grid = await withPeople(signedIn, page);
  const before = await stored(signedIn, 'id');
  await page.getByRole('checkbox', { name: 'Select row 2', exact: true }).click();
  await page.getByRole('checkbox', { name: 'Select row 5', exact: true }).click({ modifiers: ['Shift'] });
  await expect(page.getByText('4 rows selected')).toBeVisible();
  await expectAccessible(page, 'a selection');
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(page.getByText('4 rows deleted').first()).toBeVisible();
  await expect(page.getByText('36 rows', { exact: true })).toBeVisible();
  expect(await stored(signedIn)).not.toContain('p001');
  await page.getByRole('button', { name: 'Undo', exact: true }).last().click();
  await expect(page.getByText('40 rows', { exact: true })).toBeVisible();
  expect(await stored(signedIn, 'id')).toEqual(before);
  expect(await stored(signedIn, 'age')).toEqual(before.map((_: string, row: number) => row));

  await cell(grid, 1, 'Name').click();
  await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('Shift+Space');
  await expect(page.getByText('2 rows selected')).toBeVisible();
  await page.keyboard.press('ControlOrMeta+Backspace');
  await expect(page.getByText('38 rows', { exact: true })).toBeVisible();
  await expect(cell(grid, 1, 'Name')).toHaveText('p002');
  await page.keyboard.press('ControlOrMeta+z');
  await expect(page.getByText('40 rows', { exact: true })).toBeVisible();
  await page.keyboard.press('ControlOrMeta+a');
  await expect(page.getByText('40 rows selected')).toBeVisible();
});

test('a selection and a whole result are exported', async ({ signedIn, page }) => {
  await withPeople(signedIn, page);
  const saved = async (click: () => Promise<void>) => {
    const waiting = page.waitForEvent('download');
    await click();
    const { readFileSync } = await import('node:fs');
    return readFileSync(await (await waiting).path(), 'utf8');
  };
  const all = await saved(async () => {
    await page.getByRole('button', { name: 'Export' }).click();
    await page.getByRole('menuitem', { name: 'As CSV' }).click();
  });
  expect(all.trim().split('\n')).toHaveLength(41);
  await page.getByRole('checkbox', { name: 'Select row 2', exact: true }).click();
  await page.getByRole('checkbox', { name: 'Select row 4', exact: true }).click();
  const some = await saved(async () => {
    await page.getByRole('button', { name: 'Export' }).last().click();
    await page.getByRole('menuitem', { name: 'As JSON' }).click();
  });
  expect(JSON.parse(some).map((row: { name: string }) => row.name)).toEqual(['p001', 'p003']);
});

test('a row is added, opened and changed in its panel', async ({ signedIn, page }) => {
  const grid = await withPeople(signedIn, page, 0);
  await expect(page.getByText('No rows yet')).toBeVisible();
  await expectAccessible(page, 'an empty table');
  await page.getByRole('button', { name: 'Add a row' }).last().click();
  const form = page.getByRole('complementary', { name: 'New row' });
  await form.getByRole('textbox', { name: /Age/ }).fill('8');
  await form.getByRole('button', { name: 'Add the row' }).click();
  await expect(form.getByRole('alert')).toBeVisible();
  await form.getByRole('textbox', { name: /Name/ }).fill('Ann');
  await expectAccessible(page, 'a new row');
  await form.getByRole('button', { name: 'Add the row' }).click();
  await expect(cell(grid, 1, 'Name')).toHaveText('Ann');
  await cell(grid, 1, 'Name').click();
  await page.keyboard.press('Space');
  const panel = page.getByRole('complementary', { name: 'Row 1' });
  await panel.getByRole('textbox', { name: /Age/ }).fill('9');
  await panel.getByRole('button', { name: 'Save' }).click();
  await expect(cell(grid, 1, 'Age')).toHaveText('9');
  await expectAccessible(page, 'a row in its panel');
  await page.keyboard.press('Escape');
  await expect(panel).toBeHidden();
  await expect(cell(grid, 1, 'Name')).toBeFocused();
  await page.keyboard.press('ControlOrMeta+z');
  await expect(cell(grid, 1, 'Age')).toHaveText('8');
});

test('columns are resized, moved and hidden, and stay so', async ({ signedIn, page }) => {
  const grid = await withPeople(signedIn, page);
  const header = (name: RegExp) => grid.getByRole('columnheader', { name });
  const width = async () => (await header(/Age/).boundingBox())?.width ?? 0;
  const before = await width();
  const handle = await header(/Age/).locator('[data-resize]').boundingBox();
  if (!handle) throw new Error('no handle');
  await page.mouse.move(handle.x + 4, handle.y + 10);
  await page.mouse.down();
  await page.mouse.move(handle.x + 64, handle.y + 10, { steps: 4 });
  await page.mouse.up();
  expect(await width()).toBeCloseTo(before + 60, -1);
  // By mouse: dragged before the first column, and put back.
  const drag = async (name: RegExp, to: RegExp) => {
    const from = await header(name).boundingBox();
    const target = await header(to).boundingBox();
    if (!from || !target) throw new Error('no header');
    await page.mouse.move(from.x + 40, from.y + 10);
    await page.mouse.down();
    await page.mouse.move(target.x + 20, target.y + 10, { steps: 5 });
    await page.mouse.up();
  };
  await drag(/Active/, /Name/);
  await expect(header(/Active/)).toHaveAttribute('aria-colindex', '2');
  await expect(header(/Active/)).toHaveAttribute('aria-sort', 'none');
  await page.getByRole('button', { name: 'Columns' }).click();
  await expectAccessible(page, 'the list of columns');
  await page.getByRole('button', { name: 'Reset' }).click();
  await page.keyboard.press('Escape');
  await expect(header(/Active/)).toHaveAttribute('aria-colindex', '4');
  // By keys: up to the header, its menu, and to the left.
  await cell(grid, 1, 'Age').click();
  await page.keyboard.press('ArrowUp');
  await expect(header(/Age/)).toBeFocused();
  await page.keyboard.press('Shift+F10');
  await expectAccessible(page, 'the menu of a column');
  await page.getByRole('menuitem', { name: 'Move to the left' }).press('Enter');
  await expect(header(/Age/)).toHaveAttribute('aria-colindex', '2');
  await header(/Active/).getByRole('button', { name: 'Column Active' }).click();
  await page.getByRole('menuitem', { name: 'Hide the column' }).click();
  await expect(header(/Active/)).toBeHidden();
  await page.reload();
  await expect(header(/Age/)).toHaveAttribute('aria-colindex', '2');
  await expect(header(/Active/)).toBeHidden();
});

test('the menu of a column filters by it, and does nothing else', async ({ signedIn, page }) => {
  const grid = await withPeople(signedIn, page);
  await cell(grid, 1, 'Age').click();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Shift+F10');
  await page.getByRole('menuitem', { name: 'Filter by this column' }).press('Enter');
  await expect(page.getByRole('textbox', { name: 'Value' })).toBeFocused();
  await page.keyboard.type('7');
  await expect(page.getByText('1 row', { exact: true })).toBeVisible();
  await expect(cell(grid, 1, 'Name')).toHaveText('p007');
  await expect(grid.getByRole('columnheader', { name: /Age/ })).toHaveAttribute('aria-sort', 'none');
});

test('a column fits its content by a double click on its edge', async ({ signedIn, page }) => {
  const grid = await withPeople(signedIn, page);
  const header = grid.getByRole('columnheader', { name: /Name/ });
  const before = (await header.boundingBox())?.width ?? 0;
  await header.locator('[data-resize]').dblclick();
  await expect
    .poll(() => header.boundingBox().then((box) => box?.width ?? 0))
    .toBeLessThan(before - 60);
  await expect(header).toHaveAttribute('aria-sort', 'ascending');
});

test('cells that are not saved hold one back from leaving', async ({ signedIn, page }) => {
  const grid = await withPeople(signedIn, page);
  await cell(grid, 1, 'Age').click();
  await page.keyboard.type('900');
  await page.keyboard.press('Enter');
  await expect(page.getByText('1 cell is not saved')).toBeVisible();
  await page.getByRole('link', { name: 'Schema', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Leave with unsaved cells?' });
  await expectAccessible(page, 'the dialog before leaving');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(grid).toBeVisible();
  await page.getByRole('link', { name: 'Schema', exact: true }).click();
  await dialog.getByRole('button', { name: 'Leave and lose them' }).click();
  await page.waitForURL('**/schema');
});

test('rows come in pages where one likes that', async ({ signedIn, page }) => {
  const grid = await withPeople(signedIn, page, 250);
  await page.getByRole('button', { name: 'View' }).click();
  await page.getByRole('menuitemradio', { name: 'In pages' }).click();
  await expect(page.getByText('Page 1 of 3')).toBeVisible();
  await page.getByRole('button', { name: 'Last page' }).click();
  await expect(cell(grid, 201, 'Name')).toHaveText('p200');
  await cell(grid, 201, 'Name').click();
  await page.keyboard.press('ControlOrMeta+End');
  await expect(cell(grid, 250, 'Name')).toHaveText('p249');
});
