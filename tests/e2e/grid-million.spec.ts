import { expect, expectAccessible, test } from './base';

const rows = 1_000_000;

test('a million rows are scrolled to the last, by keys and by the bar', async ({ signedIn, page }) => {
  test.setTimeout(300_000);
  const made = await signedIn.call('POST', '/api/db-editor/tables', {
    displayName: 'Numbers',
    columns: [
      { name: 'n', displayName: 'N', type: 'number', kind: 'integer', nullable: false },
      { name: 'word', displayName: 'Word', type: 'text' },
    ],
  });
  expect(made.status, made.text).toBe(201);
  for (let from = 0; from < rows; from += 250_000) {
    const lines = ['n,word'];
    for (let n = from + 1; n <= from + 250_000; n += 1) lines.push(`${n},word ${n}`);
    const done = await signedIn.call(
      'POST',
      '/api/db-editor/import/custom_numbers',
      `${lines.join('\n')}\n`,
      { 'content-type': 'text/csv' },
    );
    expect(done.status, done.text).toBe(200);
    expect(done.data.inserted).toBe(250_000);
  }
  await page.goto(`${signedIn.url}/tables/custom_numbers/data`);
  const grid = page.getByRole('grid', { name: 'Numbers' });
  const cells = () => page.locator('[role="gridcell"]').count();
  const row = (number: number) => grid.locator(`[role="row"][aria-rowindex="${number + 1}"]`);
  const isLoaded = async (number: number) => {
    await expect(row(number)).toBeInViewport();
    await expect(row(number).locator('[aria-colindex="3"]')).toHaveText(/^word \d+$/, {
      timeout: 20_000,
    });
  };
  await isLoaded(1);
  await expect(grid).toHaveAttribute('aria-rowcount', String(rows + 1), { timeout: 20_000 });
  expect(await cells()).toBeLessThan(3000);

  await row(1).locator('[aria-colindex="3"]').click();
  await page.keyboard.press('ControlOrMeta+End');
  await isLoaded(rows);
  expect(await cells()).toBeLessThan(3000);
  await page.keyboard.press('PageUp');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ControlOrMeta+Home');
  await isLoaded(1);

  // The bar: to the end, to the middle, and from there by the wheel, row by row.
  await grid.evaluate((element) => {
    element.scrollTop = element.scrollHeight;
  });
  await isLoaded(rows);
  await expectAccessible(page, 'the end of a million rows');
  await grid.evaluate((element) => {
    element.scrollTop = element.scrollHeight / 2;
  });
  await expect
    .poll(() => grid.locator('[data-row]').nth(10).getAttribute('aria-rowindex').then(Number))
    .toBeGreaterThan(490_000);
  const before = Number(await grid.locator('[data-row]').nth(10).getAttribute('aria-rowindex'));
  await grid.hover();
  await page.mouse.wheel(0, 320);
  await expect
    .poll(() => grid.locator('[data-row]').nth(10).getAttribute('aria-rowindex').then(Number))
    .toBe(before + 10);
  expect(await cells()).toBeLessThan(3000);
});
