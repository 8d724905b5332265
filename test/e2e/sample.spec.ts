/** The path through the sample that the desktop's test takes in Electron, in the browser. */
import { expect } from '@playwright/test';
import { browseTheSample } from './sample-browsing.ts';
import { test } from './workbench.ts';

test('leads from the start screen to the ranks of the sample', async ({ page, sample }) => {
  expect(sample).toMatch(/^[0-9a-f]+$/);
  await page.goto('/');
  await browseTheSample(page);
});
