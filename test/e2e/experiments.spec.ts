/** An experiment from the page: a file with a mistake, one without, results as they arrive, and downloads. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import { seriousFindings } from './accessibility.ts';
import { settled } from './settled.ts';
import { drawStoryFolders } from './story.ts';
import { makeProject, PATIENT } from './trainings.ts';
import { test } from './workbench.ts';

const SHORT = {
  ...{ 'engine.device': 'cpu', imageSizePx: 16, batch: 8, 'teacher.width': 8, 'student.width': 8, 'select.k': 3 },
  ...{ 'teacher.training.images': 64, 'supervised.training.images': 64, 'pretrain.images': 64, 'finetune.images': 64 },
} as const;

test('an experiment is viewed, started, followed and downloaded, also by keyboard', async ({ page }, { project }) => {
  test.setTimeout(600_000);
  const folders = await drawStoryFolders(project.outputDir, 'experiments');
  await page.goto('/');
  const { id } = await makeProject(page, join(project.outputDir, 'experiments project'), folders);
  await page.evaluate(([key, choice]) => localStorage.setItem(key, choice), [
    `understudy.recipe.${id}`,
    JSON.stringify({ recipe: 'demo', changes: SHORT }),
  ] as const);
  await page.goto(`/projects/${id}/experiments`);
  await test.step('what there is', () => looks(page));
  await test.step('a file with a mistake, and one without', () => brings(page));
  await test.step('results as they come', () => runs(page));
  await test.step('files', () => takes(page));
  await test.step('dark, in a small window', () => darkAndSmall(page));
});

async function looks(page: Page): Promise<void> {
  const entry = page.getByRole('button', { name: /^2: fine-tuning on the true labels/ });
  await entry.focus();
  await page.keyboard.press('Enter');
  await expect(entry).toHaveAttribute('aria-pressed', 'true');
  await expect(page.getByText('The paper found that the student gains from fine-tuning')).toBeVisible();
  await expect(page.getByRole('listitem').filter({ hasText: 'with fine-tuning' })).toBeVisible(PATIENT);
  await page.getByRole('button', { name: /^6: a weakly supervised teacher/ }).click();
  await expect(page.getByText('have no tags to pre-train a teacher on')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Start the experiment' })).toBeDisabled();
}

async function bring(page: Page, name: string, text: string): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Your own, from a file…' }).click();
  await (await chooser).setFiles({ name, mimeType: 'text/yaml', buffer: Buffer.from(text) });
}

async function brings(page: Page): Promise<void> {
  await bring(page, 'wrong.yaml', 'name: two-k\ngrid: { select.kk: [2] }');
  await expect(page.getByText(/did you mean “select\.k”/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Start the experiment' })).toBeDisabled();
  await bring(page, 'k.yaml', 'name: two-k\ntitle: Two K\ngrid: { select.k: [2, 3] }\nseeds: 2');
  await expect(page.getByRole('heading', { name: 'Two K' })).toBeVisible();
  await expect(page.getByRole('textbox', { name: 'Seeds' })).toHaveValue('2');
  await expect(page.getByText(/The method 4 times: \d+ different stages instead of 24, 0 of them done/)).toBeVisible(
    PATIENT,
  );
}

async function runs(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Start the experiment' }).click();
  await expect(page.getByRole('region', { name: 'Experiment “Two K”' })).toBeVisible(PATIENT);
  await expect(page.getByText(/^Compared with “select\.k = 2”, /)).toBeVisible(PATIENT);
  const table = page.getByRole('table', { name: 'Two K' });
  await expect(table.getByRole('row', { name: /^select\.k = 3 .*(better|worse|no clear difference)/ })).toBeVisible();
  await expect(page.getByRole('img', { name: /^Two K: each setting/ })).not.toHaveJSProperty('naturalWidth', 0);
  await expect(page.getByText('the results appear at once')).toBeVisible(PATIENT);
}

async function takes(page: Page): Promise<void> {
  for (const [link, begin] of [
    ['Settings, CSV', 'cell,model,seeds,top1'],
    ['Every seed, Parquet', 'PAR1'],
    ['Plot, SVG', '<svg '],
  ] as const) {
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: link }).click();
    expect(readFileSync(await (await download).path(), 'latin1').slice(0, begin.length)).toBe(begin);
  }
  await page.reload();
  await page.getByRole('button', { name: /^Two K/ }).click();
  await expect(page.getByText(/^Compared with “select\.k = 2”, /)).toBeVisible();
}

async function darkAndSmall(page: Page): Promise<void> {
  await page.setViewportSize({ width: 900, height: 1100 });
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await settled(page);
  await page.screenshot({ path: 'test-output/screens/experiments-results-dark.png', fullPage: true });
  expect(await seriousFindings(page)).toEqual([]);
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow).toBeLessThanOrEqual(0);
}
