/** A computer that loses its network loses nothing of Understudy, which does not use it. */
import { expect } from '@playwright/test';
import { test } from './workbench.ts';

test('keeps working when the browser reports that the network is gone', async ({ page, sample }) => {
  expect(sample).toMatch(/^[0-9a-f]+$/);
  await page.goto('/');
  await expect(page.getByRole('heading', { name: 'Recent projects' })).toBeVisible();
  await page.evaluate(() => window.dispatchEvent(new Event('offline')));
  await page.getByRole('button', { name: 'Sample', exact: true }).click();
  await expect(page.getByRole('grid').getByRole('gridcell').first()).toBeVisible();
});
