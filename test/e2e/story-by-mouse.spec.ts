/** The whole method in the browser by mouse: real trainings on a small drawn collection, from a new project to exported files. */
import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { expect, type Locator, type Page } from '@playwright/test';
import { BATCH, drawStoryFolders, IMAGE_SIZE_PX, K, LENGTHS, MODEL, type StoryFolders, WIDTH } from './story.ts';
import { test } from './workbench.ts';

test('a new project becomes an exported student by mouse', async ({ page }, { project }) => {
  const folders = await drawStoryFolders(project.outputDir, 'by mouse');
  await page.goto('/');
  await test.step('makes a project', () => makeProject(page));
  await test.step('adds folders', () => addFolders(page, folders));
  await test.step('trains a teacher', () => trainTeacher(page));
  await test.step('labels the collection', () => labelCollection(page));
  await test.step('decides in the ranks', () => decideInRanks(page));
  await test.step('trains a student', () => trainStudent(page));
  await test.step('compares the models', () => compareModels(page));
  await test.step('exports the student', () => exportStudent(page, folders.exports));
  await test.step('classifies a folder', () => classifyFolder(page, folders.heldOut));
});

async function makeProject(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'New project' }).click();
  const dialog = page.getByRole('dialog', { name: 'New project' });
  await dialog.getByRole('textbox', { name: 'Name' }).fill('By mouse');
  await dialog.getByRole('button', { name: 'New project', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Collection' })).toBeVisible();
}

async function addFolders(page: Page, { labelled, heldOut, unlabelled }: StoryFolders): Promise<void> {
  await page.getByRole('button', { name: 'Add labelled images' }).click();
  await chooseFolder(page, labelled);
  await expect(page.getByRole('row', { name: /labelled, training 48 / })).toBeVisible();
  await page.getByRole('radiogroup', { name: 'Used for' }).getByText('held out (test)').click();
  await page.getByRole('button', { name: 'Add labelled images' }).click();
  await chooseFolder(page, heldOut);
  await expect(page.getByRole('row', { name: /labelled, held out \(test\) 32 / })).toBeVisible();
  await page.getByRole('button', { name: 'Add unlabelled images' }).click();
  await chooseFolder(page, unlabelled);
  await expect(page.getByRole('row', { name: /unlabelled unlabelled 1\d\d / })).toBeVisible();
}

async function trainTeacher(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Train the teacher' }).click();
  await page.getByRole('button', { name: 'Expert', exact: true }).click();
  await page.getByRole('combobox', { name: 'Model', exact: true }).selectOption(MODEL);
  await field(page, 'Length, images processed').fill(String(LENGTHS.teacher));
  await field(page, 'Image size, pixels').fill(String(IMAGE_SIZE_PX));
  await field(page, 'Batch').fill(String(BATCH));
  await field(page, 'Channels of the first layer').fill(String(WIDTH));
  await page.getByRole('combobox', { name: 'Device' }).selectOption('cpu');
  await page.getByRole('button', { name: 'Train a new teacher' }).click();
  await expect(page.getByRole('row', { name: /Teacher, small-basic.* done cpu/ })).toBeVisible(TRAINED);
  await expect(page.getByRole('img', { name: /^Training loss\. .* after 640 images/ })).toBeVisible();
}

async function labelCollection(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Score the collection with it' }).click();
  await page.getByRole('button', { name: 'Launch the teacher' }).click();
  await expect(page.getByRole('table', { name: /Images by their best class/ }).getByRole('row')).toHaveCount(
    9,
    TRAINED,
  );
  await page.getByRole('link', { name: 'Browse the ranks' }).click();
}

async function decideInRanks(page: Page): Promise<void> {
  await field(page, 'Images per class (K)').fill(String(K));
  await field(page, 'Images per class (K)').press('Enter');
  await page
    .getByRole('option', { name: new RegExp(`: ${K} of ${K} kept`) })
    .first()
    .click();
  const tile = (rank: number) => page.getByRole('gridcell', { name: new RegExp(`^Rank ${rank}, score`) });
  await tile(1).click();
  await page.getByRole('button', { name: 'Veto', exact: true }).click();
  await expect(tile(1)).toHaveAccessibleName(/vetoed/);
  await tile(K + 3).click();
  await page.getByRole('button', { name: 'Pin', exact: true }).click();
  await expect(tile(K + 3)).toHaveAccessibleName(/pinned/);
  await page.getByRole('button', { name: /^Undo/ }).click();
  await expect(tile(K + 3)).not.toHaveAccessibleName(/pinned/);
  await page.getByRole('button', { name: /^Redo/ }).click();
  await expect(tile(K + 3)).toHaveAccessibleName(/pinned/);
  await spotCheck(page);
  await field(page, 'Go to rank').fill('5');
  await field(page, 'Go to rank').press('Enter');
  await expect(tile(5)).toBeInViewport();
  await expect(tile(5)).toHaveAttribute('aria-selected', 'true');
}

async function spotCheck(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Spot-check/ }).click();
  const dialog = page.getByRole('dialog', { name: /^Is this / });
  for (const [done, answer] of (['Yes', 'Yes', 'No'] as const).entries()) {
    await expect(dialog.getByRole('progressbar', { name: new RegExp(`^${done} of `) })).toBeAttached();
    await dialog.getByRole('button', { name: answer }).click();
  }
  await expect(dialog.getByRole('progressbar', { name: /^3 of / })).toBeAttached();
  await dialog.getByRole('button', { name: 'End the spot-check' }).first().click();
  await expect(page.getByRole('tabpanel', { name: 'Image' }).getByText(/3 checked/)).toBeVisible();
}

async function trainStudent(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Train the student on this' }).click();
  await expect(page.getByText(new RegExp(`above the line at K = ${K}`))).toBeVisible();
  await page.getByRole('button', { name: 'Expert', exact: true }).click();
  await page.getByRole('combobox', { name: 'Model', exact: true }).selectOption(MODEL);
  await field(page, 'Pre-training, images processed').fill(String(LENGTHS.pretraining));
  await field(page, 'Fine-tuning, images processed').fill(String(LENGTHS.fineTuning));
  await expect(page.getByRole('switch', { name: 'Also train the baseline' })).toBeChecked();
  await field(page, 'Channels of the first layer').fill(String(WIDTH));
  await field(page, 'Baseline, images processed').fill(String(LENGTHS.baseline));
  await page.getByRole('button', { name: 'Train the student' }).click();
  await expect(page.getByText(/The student is right on/)).toBeVisible(TRAINED);
}

async function compareModels(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Compare the models' }).click();
  for (const model of ['Teacher', 'Student, labels only', 'Student, pre-trained', 'Student, fine-tuned']) {
    await expect(page.getByRole('row', { name: new RegExp(`${model} .*[\\d.]+ ?%`) }).first()).toBeVisible();
  }
  const cell = page.getByRole('button', { name: / taken for .*: [1-9]/ }).first();
  const images = /: (\d+)/.exec((await cell.getAttribute('aria-label')) ?? '')?.[1] ?? '';
  await cell.click();
  await expect(page.getByRole('status').filter({ hasText: new RegExp(`^${images} images?$`) })).toBeVisible();
}

async function exportStudent(page: Page, folder: string): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name: 'Use and export' }).click();
  const run = page.getByRole('region', { name: 'Export' }).getByRole('combobox').first();
  const student = await run.getByRole('option', { name: /^Student, fine-tuning/ }).getAttribute('value');
  await run.selectOption(student);
  await page.getByRole('combobox', { name: 'As' }).selectOption({ label: 'Checkpoint (safetensors, for PyTorch)' });
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  await makeFolder(page, folder);
  await written(page, 'safetensors', folder);
  await page.getByRole('combobox', { name: 'As' }).selectOption({ label: 'ONNX, with class names and preprocessing' });
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  await chooseFolder(page, folder);
  await written(page, 'onnx', folder);
}

async function classifyFolder(page: Page, folder: string): Promise<void> {
  await page.getByRole('button', { name: 'Classify a folder' }).click();
  await chooseFolder(page, folder);
  const results = page.getByRole('region', { name: 'Results' });
  await expect(results.getByRole('combobox').locator('option:checked')).toHaveText(/ · 32$/, TRAINED);
  await expect(results.getByRole('gridcell', { name: /\d ?% · .*\.jpg/ }).first()).toBeVisible();
}

/** Long enough for a machine with other work. */
const TRAINED = { timeout: 240_000 } as const;

/** A text field. */
function field(page: Page, name: string): Locator {
  return page.getByRole('textbox', { name });
}

/** Goes to its parent folder by path, then opens it by name. */
async function chooseFolder(page: Page, folder: string): Promise<void> {
  const picker = await goTo(page, dirname(folder));
  await picker
    .getByLabel('Folders')
    .getByRole('button', { name: basename(folder), exact: true })
    .click();
  await picker.getByRole('button', { name: `Choose “${basename(folder)}”` }).click();
}

async function makeFolder(page: Page, folder: string): Promise<void> {
  const picker = await goTo(page, dirname(folder));
  await picker.getByRole('button', { name: 'New folder here' }).click();
  await picker.getByRole('textbox', { name: 'Name of the new folder' }).fill(basename(folder));
  await picker.getByRole('textbox', { name: 'Name of the new folder' }).press('Enter');
  await picker.getByRole('button', { name: `Choose “${basename(folder)}”` }).click();
}

async function goTo(page: Page, folder: string): Promise<Locator> {
  const picker = page.getByRole('dialog');
  await expect(picker.getByRole('button', { name: /^Choose “/ })).toBeVisible();
  await picker.getByRole('textbox', { name: 'Folder' }).fill(folder);
  await picker.getByRole('button', { name: 'Go', exact: true }).click();
  await expect(picker.getByRole('button', { name: `Choose “${basename(folder)}”` })).toBeVisible();
  return picker;
}

async function written(page: Page, ending: string, folder: string): Promise<void> {
  const notice = page.getByText(new RegExp(`Written: .*\\.${ending} `));
  await expect(notice).toBeVisible(TRAINED);
  const file = new RegExp(`Written: (.*\\.${ending}) `).exec((await notice.textContent()) ?? '')?.[1] ?? '';
  expect(dirname(file)).toBe(folder);
  expect(statSync(file).size).toBeGreaterThan(1000);
}
