/**
 * The desktop application in Electron, from the first start to the second. Skipped, with the reason, where there is no
 * runtime; the way through the sample is gone in the browser too.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, test as bare, type ElectronApplication, expect, type Page } from '@playwright/test';
import type { Job } from '../../main/api/contract.ts';
import { PATIENT, read } from './trainings.ts';
import { test } from './workbench.ts';

const { electronHere } = createRequire(import.meta.url)('../../scripts/electron-here.cjs') as {
  electronHere(options: { mayFetch: boolean }): { path: string; reason: null } | { path: null; reason: string };
};
const electron = electronHere({ mayFetch: false });
/** Long enough to be cancelled in. */
const LENGTH = 400_000;

/** In the name too, which is all that the list of results shows. */
const skipped = electron.reason === null ? '' : ` (skipped: ${electron.reason})`;

bare.describe(`in Electron${skipped}`, () => {
  bare.skip(electron.reason !== null, `Electron cannot run here: ${electron.reason}`);

  bare('opens the sample, starts and cancels a training, quits, and opens again', async () => {
    const home = mkdtempSync(join(tmpdir(), 'understudy-electron-'));
    const first = await launch(home);
    const page = await first.firstWindow();
    await expect(page).toHaveURL('app://workbench/');
    await browseTheSample(page);
    await expect.poll(async () => await stateOf('drawSample', page), PATIENT).toBe('succeeded');
    await cancelATraining(page);
    await page.screenshot({ path: 'test-output/screens/desktop.png' });
    expect(await exposed(page)).toEqual(['pathForFile', 'pickFile', 'pickFolder', 'revealFile']);
    expect(await page.evaluate(() => fetch('https://example.com/').then(String, () => 'refused'))).toBe('refused');
    await quit(first);
    const second = await launch(home);
    const again = await second.firstWindow();
    await expect(again.getByRole('heading', { level: 1 })).toBeVisible();
    await again.getByText('Sample', { exact: true }).first().click();
    await expect(again.getByRole('heading', { level: 1, name: 'Collection' })).toBeVisible();
    await quit(second);
    rmSync(home, { recursive: true, force: true });
  });
});

test('the same way through the pages, in the browser', async ({ page, sample }) => {
  expect(sample).toMatch(/^[0-9a-f]+$/);
  await page.goto('/');
  await browseTheSample(page);
});

async function launch(home: string): Promise<ElectronApplication> {
  const application = await _electron.launch({
    args: ['.'],
    env: { ...process.env, UNDERSTUDY_HOME: home } as Record<string, string>,
    ...(electron.path === null ? {} : { executablePath: electron.path }),
  });
  // Nobody can press a button of the system's own dialogs: the first is always the one that goes on.
  await application.evaluate(({ dialog }) => {
    dialog.showMessageBox = () => Promise.resolve({ response: 0, checkboxChecked: false });
  });
  return application;
}

async function quit(application: ElectronApplication): Promise<void> {
  const closed = application.waitForEvent('close');
  await application.evaluate(({ app }) => app.quit());
  await closed;
}

async function exposed(page: Page): Promise<string[]> {
  return await page.evaluate(() => Object.keys((window as { understudy?: object }).understudy ?? {}).sort());
}

async function stateOf(kind: Job['kind'], page: Page): Promise<string | undefined> {
  return (await read<readonly Job[]>(page, '/jobs')).find((job) => job.kind === kind)?.state;
}

async function browseTheSample(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Try the sample' }).click();
  await page.waitForURL(/\/projects\/[0-9a-f]+\/collection$/, { timeout: 240_000 });
  await page.getByRole('link', { name: 'Ranks', exact: true }).click();
  const ranks = page.getByRole('grid');
  await ranks.getByRole('gridcell', { name: /^Rank 1, / }).click();
  await expect(ranks.locator('img').first()).not.toHaveJSProperty('naturalWidth', 0);
  await expect(ranks.getByRole('gridcell', { name: /^Rank 9, / })).toBeVisible();
}

async function cancelATraining(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Teacher', exact: true }).click();
  await page.getByRole('textbox', { name: 'Length, images processed' }).fill(String(LENGTH));
  await page.getByRole('button', { name: 'Train a new teacher' }).click();
  await expect.poll(async () => await stateOf('runMethod', page), PATIENT).toBe('running');
  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  await expect.poll(async () => await stateOf('runMethod', page), PATIENT).toBe('cancelled');
  await expect(page.getByRole('button', { name: 'Train a new teacher' })).toBeEnabled();
  await expect(page.getByText('Cancelled').first()).toBeVisible();
}
