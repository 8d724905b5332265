/** What a page shows of things that cannot be changed or reached now, and that it recovers by itself. */
import { AxeBuilder } from '@axe-core/playwright';
import { expect } from '@playwright/test';
import { settled } from './settled.ts';
import { test } from './workbench.ts';

const PICTURES = 'test-output/screens';

test('a read-only project says so, and its controls that change anything are disabled', async ({ page, sample }) => {
  const readOnly = 'its folder or disk is write-protected';
  await page.route(`**/api/projects/${sample}`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), readOnly } });
  });
  await page.goto(`/projects/${sample}/collection`);
  await expect(page.getByText(`but change nothing, because ${readOnly}`)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Add labelled images' })).toBeDisabled();
  await expect(page.getByRole('button', { name: /^Remove|Take out/ }).first()).toBeDisabled();
  await expect(page.getByRole('button', { name: /merge/i }).first()).toBeDisabled();
  await settled(page);
  await page.screenshot({ path: `${PICTURES}/collection-read-only.png` });
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa']).analyze();
  expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
  await page.goto(`/projects/${sample}/teacher`);
  await expect(page.getByRole('button', { name: /^Train/ }).first()).toBeDisabled();
  await page.goto(`/projects/${sample}/ranks`);
  await expect(page.getByRole('button', { name: 'Veto' })).toBeDisabled();
  await page.getByRole('listbox').getByRole('option').nth(1).click();
});

test('a picture whose disk is unreachable says so, and appears by itself when the disk is back', async ({
  page,
  sample,
}) => {
  let away = true;
  const failure = { name: 'AwayNow', message: 'The folder does not answer now.' };
  await page.route(/\/thumbnails/, async (route) => {
    if (away) await route.fulfill({ status: 422, json: { failure } });
    else await route.continue();
  });
  await page.goto(`/projects/${sample}/collection`);
  const grid = page.getByRole('grid');
  await expect(grid.locator('[title="The folder does not answer now."]').first()).toBeVisible();
  await page.screenshot({ path: `${PICTURES}/collection-away.png` });
  away = false;
  await expect(grid.locator('img[data-loaded=true]').first()).toBeVisible({ timeout: 60_000 });
  await expect(grid.locator('[title="The folder does not answer now."]')).toHaveCount(0, { timeout: 60_000 });
});

test('a picture that got no answer appears when the answer arrives', async ({ page, sample }) => {
  const refused = new Set<string>();
  await page.route(/\/thumbnails/, async (route) => {
    const url = route.request().url();
    if (refused.has(url)) return await route.continue();
    refused.add(url);
    return await route.abort('connectionrefused');
  });
  await page.goto(`/projects/${sample}/collection`);
  const images = page.getByRole('grid').locator('img');
  await expect(images.first()).toBeVisible();
  await expect(images.and(page.locator('[data-loaded=false]'))).toHaveCount(0, { timeout: 60_000 });
});
