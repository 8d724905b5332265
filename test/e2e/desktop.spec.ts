/** The desktop application in Electron, from the first start to the second. Skipped, with the reason, where there is no runtime. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, type ElectronApplication, expect, type Page, test } from '@playwright/test';
import type { Job } from '../../main/api/contract.ts';
import { browseTheSample } from './sample-browsing.ts';
import { learns, PATIENT, read } from './trainings.ts';

const { electronHere } = createRequire(import.meta.url)('../../scripts/electron-here.cjs') as {
  electronHere(options: { mayFetch: boolean }): { path: string; reason: null } | { path: null; reason: string };
};
const electron = electronHere({ mayFetch: false });
/** Long enough to be cancelled. */
const LENGTH = 400_000;

/** Also in the title, which is all that the list of results shows. */
const skipped = electron.reason === null ? '' : ` (skipped: ${electron.reason})`;

test.describe(`in Electron${skipped}`, () => {
  test.skip(electron.reason !== null, `Electron cannot run here: ${electron.reason}`);

  test('opens the sample, starts and cancels a training, quits, and opens again', async () => {
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

async function launch(home: string): Promise<ElectronApplication> {
  const application = await _electron.launch({
    args: ['.'],
    env: { ...process.env, UNDERSTUDY_HOME: home } as Record<string, string>,
    ...(electron.path === null ? {} : { executablePath: electron.path }),
  });
  // A test cannot press buttons of the system's own dialogs: the first is always the one that continues.
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

async function cancelATraining(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Teacher', exact: true }).click();
  await page.getByRole('button', { name: 'Expert', exact: true }).click();
  await page.getByRole('textbox', { name: 'Length, images processed' }).fill(String(LENGTH));
  await page.getByRole('button', { name: 'Train a new teacher' }).click();
  await expect.poll(async () => await stateOf('runMethod', page), PATIENT).toBe('running');
  await learns(page);
  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  await page.getByRole('button', { name: 'Stop, continue later' }).click();
  await expect.poll(async () => await stateOf('runMethod', page), PATIENT).toBe('paused');
  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  await expect.poll(async () => await stateOf('runMethod', page), PATIENT).toBe('cancelled');
  await expect(page.getByRole('button', { name: 'Train a new teacher' })).toBeEnabled();
  await expect(page.getByText('Cancelled').first()).toBeVisible();
}
