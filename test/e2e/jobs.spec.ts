/** Work that does not go as planned: it waits, is cancelled, fails; what a person is told, and how to continue. */
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import { seriousFindings } from './accessibility.ts';
import { drawStoryFolders } from './story.ts';
import { learns, makeProject, PATIENT, setTeacher, startTeacher } from './trainings.ts';
import { test } from './workbench.ts';

/** Hours, unless it is ended. */
const ENDLESS = 2_000_000;
const SHORT = 640;
const HOPELESS_RATE = '1e12';

test('trainings wait for each other, are cancelled, fail, and are fixed', async ({ page }, { project }) => {
  test.setTimeout(600_000);
  const folders = await drawStoryFolders(project.outputDir, 'jobs');
  await page.goto('/');
  const first = await makeProject(page, join(project.outputDir, 'jobs first'), folders);
  const second = await makeProject(page, join(project.outputDir, 'jobs second'), folders);
  await test.step('a training runs', async () => {
    await page.goto(`/projects/${first.id}/teacher`);
    await setTeacher(page, ENDLESS);
    await startTeacher(page);
    await learns(page);
  });
  await test.step('what it says of held-out pictures is seen while it learns, at any point by key', async () => {
    const strip = page.getByRole('region', { name: /held-out pictures?, Teacher/ });
    await expect(strip.getByRole('img', { name: /^(Right: .|Wrong: .+, actually .)/ }).first()).toBeVisible(PATIENT);
    const moment = strip.getByRole('slider', { name: 'Which point of the training' });
    await expect(moment).toBeVisible(PATIENT);
    await moment.press('Home');
    const first = await strip.getByRole('status').textContent();
    await moment.press('ArrowRight');
    await expect(strip.getByRole('status')).not.toHaveText(first ?? '');
    await expect(page.getByRole('img', { name: /^Top-1\. .*held-out images: .*%/ })).toBeVisible();
    await expect(page.getByText(/loss \d.*, held-out \d+ % \(\d+ to \d+ %\)/)).toBeVisible(PATIENT);
    expect(await seriousFindings(page)).toEqual([]);
  });
  await test.step('that of another project waits and says for what', async () => {
    await page.goto(`/projects/${second.id}/teacher`);
    await setTeacher(page, SHORT);
    await rateOf(page).fill(HOPELESS_RATE);
    await startTeacher(page);
    await expect(page.getByText(/^Waiting for its turn, after “.+”$/)).toBeVisible();
  });
  await test.step('the first is cancelled where all work is listed; the second takes its turn and fails', async () => {
    await page.goto('/jobs');
    await page.getByRole('button', { name: 'Cancel', exact: true }).last().click();
    await page.getByRole('button', { name: 'Stop, continue later' }).click();
    await expect(page.getByText('Paused: nothing is lost')).toBeVisible(PATIENT);
    await page.getByRole('button', { name: 'Cancel', exact: true }).last().click();
    await expect(ended(page, 'Cancelled')).toHaveCount(1, PATIENT);
    await expect(ended(page, 'Failed')).toHaveCount(1, PATIENT);
    await expect(ended(page, 'Failed')).toContainText(/lower the peak learning rate .* and run it again/);
    await ended(page, 'Failed').getByText('Log', { exact: true }).click();
    await expect(ended(page, 'Failed').locator('pre')).toContainText('lower the peak learning rate');
  });
  await test.step('the teacher’s screen says the same, and the settings are there to be put right', async () => {
    await page.goto(`/projects/${second.id}/teacher`);
    await expect(page.getByRole('alert').getByText(/lower the peak learning rate/)).toBeVisible();
    await setTeacher(page, SHORT);
    await rateOf(page).fill('0.05');
    await startTeacher(page);
    await expect(page.getByRole('row', { name: /Teacher, small-basic.* done cpu/ })).toBeVisible(PATIENT);
    await expect(page.getByRole('alert').getByText(/lower the peak learning rate/)).toHaveCount(0);
  });
  await test.step('a cancelled training leaves its project as it was, and can be started again', async () => {
    await page.goto(`/projects/${first.id}/teacher`);
    await expect(page.getByRole('button', { name: 'Train a new teacher' })).toBeEnabled();
    await expect(page.getByRole('row', { name: /Teacher, .* done / })).toHaveCount(0);
  });
  await test.step('what it had learnt is kept as a run of its own, and both can be deleted', async () => {
    await page.getByRole('button', { name: /^Keep what / }).click();
    await expect(page.getByRole('row', { name: /ended early after .* epochs.* done /i })).toBeVisible();
    for (const left of [1, 0]) {
      await page
        .getByRole('button', { name: /^Delete / })
        .first()
        .click();
      const dialog = page.getByRole('dialog', { name: /^Delete “/ });
      await expect(dialog.getByText(/frees [\d.]+ \w+\./)).toBeVisible();
      expect(await seriousFindings(page)).toEqual([]);
      await dialog.getByRole('button', { name: /^Delete and free/ }).click();
      await expect(page.getByRole('row', { name: /Teacher, small-basic/ })).toHaveCount(left);
    }
  });
  await test.step('ended work is cleared away', async () => {
    await page.goto('/jobs');
    await page.getByRole('button', { name: 'Clear ended jobs' }).click();
    await expect(page.getByText('Nothing has been started yet.')).toBeVisible();
  });
});

function rateOf(page: Page) {
  return page.getByRole('textbox', { name: 'Highest learning rate' });
}

function ended(page: Page, state: 'Cancelled' | 'Failed') {
  return page.getByRole('article').filter({ hasText: state });
}
