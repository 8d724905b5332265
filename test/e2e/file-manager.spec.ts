/** Showing files in the system's file manager: on the desktop, whose bridge is replaced by a stand-in, and not in a browser. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import type { ProjectRef } from '../../main/api/contract.ts';
import { read } from './trainings.ts';
import { test } from './workbench.ts';

const ACTION = 'Show in file manager';

/**
 * Answers like the preload and the shell: with a sentence if there is nothing. Returns the paths shown, the latest at the end.
 */
async function inDesktop(page: Page, chosenFolder: string): Promise<string[]> {
  const shown: string[] = [];
  await page.exposeFunction('show', (path: string) => {
    if (!existsSync(path)) throw new Error(`${path} no longer exists.`);
    shown.push(path);
  });
  await page.addInitScript((folder) => {
    const { show } = window as unknown as { show(path: string): Promise<void> };
    const understudy = {
      pathForFile: () => '',
      pickFolder: async () => folder,
      pickFile: async () => null,
      revealFile: show,
    };
    Object.assign(window, { understudy });
  }, chosenFolder);
  return shown;
}

test('shows a project, an image, an export and the report in the file manager', async ({ page, sample }, {
  project,
}) => {
  const exports = join(project.outputDir, 'shown exports');
  mkdirSync(exports, { recursive: true });
  const shown = await inDesktop(page, exports);
  await page.goto('/');
  const { folder } = await read<ProjectRef>(page, `/projects/${sample}`);
  await test.step('the project, from the start screen', async () => {
    await page.getByRole('button', { name: `${ACTION} Sample` }).click();
    await expect.poll(() => shown.at(-1)).toBe(folder);
  });
  await test.step('a ranked image', async () => {
    await page.goto(`/projects/${sample}/ranks`);
    await page
      .getByRole('grid')
      .getByRole('gridcell', { name: /^Rank 2, / })
      .click();
    const panel = page.getByRole('complementary');
    await panel.getByRole('button', { name: ACTION }).click();
    await expect.poll(() => shown.at(-1)).toMatch(/\.(jpg|png|webp)$/);
  });
  await test.step('a held-out image', async () => {
    await page.goto(`/projects/${sample}/compare`);
    await page.getByRole('grid').getByRole('gridcell').first().click();
    await page.getByRole('dialog').getByRole('button', { name: ACTION }).click();
    await expect.poll(() => shown.length).toBe(3);
  });
  await test.step('the report, once there is one', async () => {
    await page.goto(`/projects/${sample}/compare`);
    await expect(page.getByRole('row', { name: /Student, fine-tuned/ })).toBeVisible();
    await expect(page.getByRole('button', { name: ACTION })).toHaveCount(0);
    const report = join(folder, 'report.html');
    writeFileSync(report, '');
    await page.reload();
    await page.getByRole('button', { name: ACTION }).click();
    await expect.poll(() => shown.at(-1)).toBe(report);
    rmSync(report);
    await page.getByRole('button', { name: ACTION }).click();
    await expect(page.getByRole('alert')).toHaveText(`${report} no longer exists.`);
  });
  await test.step('what was exported, from its screen and from the jobs', async () => {
    await page.goto(`/projects/${sample}/use`);
    await page.getByRole('combobox', { name: 'As' }).selectOption('checkpoint');
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    await page.getByRole('alert').getByRole('button', { name: ACTION }).click();
    await expect.poll(() => shown.at(-1)).toMatch(/shown exports.+\.safetensors$/);
    await page.goto('/jobs');
    await page.getByRole('button', { name: ACTION }).first().click();
    await expect.poll(() => shown.length).toBe(6);
    expect(shown.at(-1)).toBe(shown.at(-2));
  });
});

test('does not offer it in a browser', async ({ page, sample }) => {
  await page.goto('/');
  await expect(page.getByText('Sample', { exact: true })).toBeVisible();
  await expect(page.getByText(ACTION)).toHaveCount(0);
  await page.goto(`/projects/${sample}/ranks`);
  await page
    .getByRole('grid')
    .getByRole('gridcell', { name: /^Rank 1, / })
    .click();
  await expect(page.getByRole('complementary').getByText('Where it stands')).toBeVisible();
  await expect(page.getByText(ACTION)).toHaveCount(0);
});
