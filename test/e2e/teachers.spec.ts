/** A person controls a long training: paused, resumed, ended early and kept; then extended, and brought in as a file. */
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import type { ProjectRef, RunInfo } from '../../main/api/contract.ts';
import { drawStoryFolders } from './story.ts';
import { learns, makeProject, PATIENT, read, setTeacher, startTeacher } from './trainings.ts';
import { test } from './workbench.ts';

/** Hours, unless it is ended. */
const LENGTH = 2_000_000;
const MORE = 320;

test('a training is paused, resumed, ended and kept; its teacher is extended and imported', async ({ page }, {
  project,
}) => {
  test.setTimeout(600_000);
  const folders = await drawStoryFolders(project.outputDir, 'teachers');
  await page.goto('/');
  const ref = await makeProject(page, join(project.outputDir, 'teachers project'), folders);
  await page.goto(`/projects/${ref.id}/teacher`);
  await test.step('begins', () => begin(page));
  await test.step('pauses, also for a page that is loaded anew', () => pause(page));
  await test.step('resumes', () => resume(page));
  await test.step('ends early and keeps the model', () => stopAndKeep(page));
  await test.step('trains on', () => extend(page));
  await test.step('brings a model file in', () => importModel(page, ref));
});

async function begin(page: Page): Promise<void> {
  await setTeacher(page, LENGTH);
  await startTeacher(page);
  await learns(page);
}

async function pause(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  await expect(page.getByText('Paused: nothing is lost')).toBeVisible(PATIENT);
  await page.reload();
  await expect(page.getByText('Paused: nothing is lost')).toBeVisible();
}

async function resume(page: Page): Promise<void> {
  const curve = page.getByRole('img', { name: /^Training loss\. / });
  const before = imagesOf(await curve.getAttribute('aria-label'));
  await page.getByRole('button', { name: 'Resume', exact: true }).click();
  await expect.poll(async () => imagesOf(await curve.getAttribute('aria-label')), PATIENT).toBeGreaterThan(before);
}

function imagesOf(label: string | null): number {
  return Number((/ after ([\d,]+) images/.exec(label ?? '')?.[1] ?? '').replaceAll(',', ''));
}

async function stopAndKeep(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  await page.getByRole('button', { name: 'Stop and keep what it has learnt' }).click();
  await expect(page.getByRole('row', { name: /^.*Teacher, small-basic.*ended early after .* done / })).toHaveCount(
    1,
    PATIENT,
  );
  await expect(page.getByRole('link', { name: 'Score the collection with it' })).toBeVisible();
}

async function extend(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Extend / }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'How many more images' }).fill(String(MORE));
  await dialog.getByRole('button', { name: 'Extend', exact: true }).click();
  await expect(page.getByRole('row', { name: /Teacher, .* done / })).toHaveCount(2, PATIENT);
}

async function importModel(page: Page, { id, folder }: ProjectRef): Promise<void> {
  const [run] = (await read<RunInfo[]>(page, `/projects/${id}/runs`)).filter(({ hasModel }) => hasModel);
  await page.getByRole('button', { name: 'Import a model file…' }).click();
  const picker = page.getByRole('dialog');
  await picker.getByRole('textbox', { name: 'Folder' }).fill(join(folder, 'runs', run?.id ?? ''));
  await picker.getByRole('button', { name: 'Go', exact: true }).click();
  await picker.getByRole('button', { name: 'model.safetensors' }).click();
  const brought = page.getByRole('dialog', { name: 'Bring weights' });
  await expect(brought.getByRole('combobox', { name: 'Use it as' })).toHaveValue('teacher');
  await expect(brought.getByText(/The classifier in model\.safetensors is kept/)).toBeVisible();
  await brought.getByRole('button', { name: 'Bring it' }).click();
  await expect(page.getByRole('row', { name: /Teacher, .* done / })).toHaveCount(3, PATIENT);
  await expect(page.getByText('✓ in use')).toHaveCount(1);
  const others = page.getByRole('button', { name: /^Use .* as the teacher$/ });
  await expect(others).toHaveCount(2);
  const chosen = (await others.last().getAttribute('aria-label')) ?? '';
  await others.last().click();
  await expect(page.getByRole('button', { name: chosen, exact: true })).toHaveCount(0);
}
