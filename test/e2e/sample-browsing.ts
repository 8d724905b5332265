/** The first path through the pages: the sample, and its ranks. */
import { expect, type Page } from '@playwright/test';

export async function browseTheSample(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Try the sample' }).click();
  await page.waitForURL(/\/projects\/[0-9a-f]+\/collection$/, { timeout: 240_000 });
  await page.getByRole('link', { name: 'Ranks', exact: true }).click();
  const ranks = page.getByRole('grid');
  await ranks.getByRole('gridcell', { name: /^Rank 1, / }).click();
  await expect(ranks.locator('img').first()).not.toHaveJSProperty('naturalWidth', 0);
  await expect(ranks.getByRole('gridcell', { name: /^Rank 9, / })).toBeVisible();
}
