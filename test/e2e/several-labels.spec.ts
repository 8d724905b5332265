/** Pictures with several marks each: the project is made on the page, labelled by keyboard and by mouse, run and viewed. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import type { ImageWindow } from '../../main/api/contract.ts';
import { valueAt } from '../../main/value-at.ts';
import { drawMarked, listOf, MARK_NAMES, type Marked } from '../main/pipeline/marked-pictures.ts';
import { seriousFindings } from './accessibility.ts';
import { settled } from './settled.ts';
import { post, read, succeeded } from './trainings.ts';
import { projectOf, test } from './workbench.ts';

const UNLABELLED = 80;
const PICTURES = 'test-output/several-labels';
/** A few seconds of training: the test is about what the screens show, not about accuracy. */
const SET = [
  ...['imageSizePx=24', 'batch=16', 'teacher.width=8', 'student.width=8', 'teacher.training.images=640'],
  ...['supervised.training.images=320', 'pretrain.images=640', 'finetune.images=320', 'select.k=20', 'label.topP=3'],
  'select.nearDuplicateGuard=false',
];

test('a project with several labels per image is made, labelled, ranked and compared on the page', async ({ page }, {
  outputDir,
}) => {
  const folder = join(outputDir, 'marks');
  const sets = { l: await drawMarked(join(folder, 'l'), 60, 1), h: await drawMarked(join(folder, 'h'), 40, 2) };
  for (const [name, pictures] of Object.entries(sets))
    writeFileSync(join(folder, `${name}.csv`), listOf(pictures, name));
  const unlabelled = await drawMarked(join(folder, 'u'), UNLABELLED, 3);
  await page.goto('/');
  await page.getByRole('button', { name: 'New project' }).click();
  const dialog = page.getByRole('dialog', { name: 'New project' });
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Of marks');
  await dialog.getByRole('radio', { name: 'Several classes' }).check();
  await page.screenshot({ path: `${PICTURES}/new-project.png` });
  expect(await seriousFindings(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'New project', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Collection', level: 1 })).toBeVisible();
  const id = projectOf(page);
  await add(page, id, { kind: 'labelled', folder: join(folder, 'l.csv'), split: 'train' });
  await add(page, id, { kind: 'labelled', folder: join(folder, 'h.csv'), split: 'test' });
  await add(page, id, { kind: 'unlabelled', folder: join(folder, 'u') });
  await test.step('one by one: a key gives a class, the same key takes it, Space goes on', () =>
    labelOneByOne(page, id, unlabelled));
  await test.step('in the grid: a class is given to two images and taken from them again', () =>
    labelGrid(page, id, join(folder, 'u')));
  await test.step('what was learnt is ranked and compared', () => lookAtResults(page, id));
});

async function labelOneByOne(page: Page, id: string, unlabelled: readonly Marked[]): Promise<void> {
  await page.goto(`/projects/${id}/hand-labelling`);
  const buttons = page.getByRole('region', { name: 'Classes' });
  await expect(buttons.getByRole('button', { name: /red/ })).toHaveAttribute('aria-pressed', 'false');
  const first = await shownName(page);
  const keys = await keysOf(page, id);
  const marks = unlabelled.find(({ name }) => name === first)?.marks ?? [];
  for (const mark of marks) await page.keyboard.press(valueAt(keys, mark));
  for (const mark of marks) {
    await expect(buttons.getByRole('button', { name: new RegExp(mark) })).toHaveAttribute('aria-pressed', 'true');
  }
  const other = MARK_NAMES.find((name) => !marks.includes(name));
  if (other !== undefined) {
    await buttons.getByRole('button', { name: new RegExp(other) }).click();
    await expect(buttons.getByRole('button', { name: new RegExp(other) })).toHaveAttribute('aria-pressed', 'true');
    await page.keyboard.press(valueAt(keys, other));
  }
  await looks(page, 'one-by-one');
  await page.keyboard.press('Space');
  await expect.poll(() => shownName(page)).not.toBe(first);
  await expect.poll(() => classesOf(page, id, first)).toEqual([...marks].sort());
  await page.getByRole('button', { name: /^Undo/ }).click();
  await expect.poll(() => classesOf(page, id, first)).not.toEqual([...marks].sort());
}

async function shownName(page: Page): Promise<string> {
  return (
    (await page.getByRole('region', { name: 'Picture' }).locator('[data-shown=true] img').getAttribute('alt')) ?? ''
  );
}

async function labelGrid(page: Page, id: string, folder: string): Promise<void> {
  await page.getByText('In a grid').click();
  const tiles = page.getByRole('grid', { name: 'Images to label' }).getByRole('gridcell');
  await page.getByRole('combobox', { name: 'Folder' }).selectOption({ label: folder });
  await expect(page.getByText(`${UNLABELLED} images match`)).toBeVisible();
  await tiles.nth(0).click();
  await tiles.nth(1).click({ modifiers: ['Shift'] });
  const names = await Promise.all(
    [0, 1].map(async (place) => nameIn(await tiles.nth(place).getAttribute('aria-label'))),
  );
  const before = await Promise.all(names.map((name) => classesOf(page, id, name)));
  const given = MARK_NAMES.find((name) => before.every((own) => !own.includes(name))) ?? 'white';
  const button = page.getByRole('region', { name: 'Classes' }).getByRole('button', { name: new RegExp(given) });
  await button.click();
  await expect(button).toHaveAttribute('aria-pressed', 'true');
  for (const name of names) await expect.poll(() => classesOf(page, id, name)).toContain(given);
  await tiles.nth(0).click();
  await tiles.nth(1).click({ modifiers: ['Shift'] });
  await looks(page, 'grid');
  await page.keyboard.press(valueAt(await keysOf(page, id), given));
  await expect(button).toHaveAttribute('aria-pressed', 'false');
  for (const [place, name] of names.entries()) {
    await expect.poll(() => classesOf(page, id, name)).toEqual(before[place]?.filter((own) => own !== given));
  }
}

function nameIn(label: string | null): string {
  return /^[^,]+/.exec(label ?? '')?.[0] ?? '';
}

async function lookAtResults(page: Page, id: string): Promise<void> {
  await post(page, `/projects/${id}/run`, {
    goal: 'evaluate',
    recipe: 'demo',
    set: ['engine.device=cpu', ...SET],
  }).then((job) => succeeded(page, job));
  await page.goto(`/projects/${id}/ranks`);
  await expect(page.getByRole('listbox').getByRole('option', { name: /^blue/ })).toBeVisible();
  await looks(page, 'ranks');
  await page.goto(`/projects/${id}/compare`);
  await expect(page.getByRole('row', { name: /Student, fine-tuned/ })).toBeVisible();
  await expect(page.getByRole('columnheader', { name: 'mAP' }).first()).toBeVisible();
  await looks(page, 'compare');
  await page.goto(`/projects/${id}/collection`);
  await expect(page.getByRole('grid').getByRole('gridcell').first()).toBeVisible();
  await looks(page, 'collection');
}

async function looks(page: Page, name: string): Promise<void> {
  const [before, scheme] = [page.viewportSize(), 'light'];
  for (const width of [900, 1440]) {
    await page.setViewportSize({ width, height: width === 900 ? 1100 : 900 });
    for (const colorScheme of [scheme, 'dark'] as const) {
      await page.emulateMedia({ colorScheme: colorScheme === 'dark' ? 'dark' : 'light', reducedMotion: 'reduce' });
      await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', colorScheme);
      await settled(page);
      await page.screenshot({ path: `${PICTURES}/${name}-${width}-${colorScheme}.png` });
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  // The page follows shortly after the system.
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'light');
  if (before) await page.setViewportSize(before);
  await settled(page);
  expect.soft(await seriousFindings(page), name).toEqual([]);
}

/** Classes have digits in their order. */
async function keysOf(page: Page, id: string): Promise<ReadonlyMap<string, string>> {
  const { classes } = await read<{ classes: { name: string }[] }>(page, `/projects/${id}/collection`);
  return new Map(classes.map(({ name }, place) => [name, String(place + 1)]));
}

/** The image with this name that is not a labelled one of its source. */
async function classesOf(page: Page, id: string, name: string): Promise<string[]> {
  const { images } = await read<ImageWindow>(page, `/projects/${id}/images?search=${encodeURIComponent(name)}&limit=9`);
  const { classes } = await read<{ classes: { id: number; name: string }[] }>(page, `/projects/${id}/collection`);
  const image = images.at(-1);
  return classes.filter((one) => image?.classIds.includes(one.id)).map((one) => one.name);
}

async function add(page: Page, id: string, source: object): Promise<void> {
  await succeeded(page, await post(page, `/projects/${id}/sources`, source));
}
