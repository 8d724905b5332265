/** A key applies to what is on the screen: to the image shown when it was pressed, however fast the key presses come. */
import { basename, dirname, join } from 'node:path';
import { expect, type Locator, type Page } from '@playwright/test';
import type { ImageWindow } from '../../main/api/contract.ts';
import { at } from '../../main/at.ts';
import { writeJpeg } from '../main/image-files.ts';
import { makeProject, PATIENT, read } from './trainings.ts';
import { test } from './workbench.ts';

/** Three hundred in `npm run test:e2e`. */
const LABELS = Number(process.env.HAND_LABELS ?? 30);
const KEY_MS = 100;
const LATENCY_MS = 200;
const CLASSES = ['ant', 'bee', 'cow'] as const;

test('in the ranks the ring, the panel and the act refer to one image', async ({ page, sample }) => {
  await page.goto(`/projects/${sample}/ranks`);
  const grid = page.getByRole('grid', { name: /^Ranking of/ });
  const tile = (rank: number) => grid.getByRole('gridcell', { name: new RegExp(`^Rank ${rank}, calibrated`) });
  const panel = page.getByRole('complementary');
  const status = page.getByRole('status').filter({ hasText: 'chosen' });
  await test.step('arrows move it from where it was clicked, and the pin goes to it', async () => {
    await tile(2).click();
    await page.keyboard.press('v');
    await expect(tile(2)).toHaveAccessibleName(/vetoed/);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await expect(panel.getByRole('heading', { name: 'Rank 4' })).toBeVisible();
    expect(await ringed(grid)).toMatch(/^Rank 4,/);
    await page.keyboard.press('p');
    await expect(tile(4)).toHaveAccessibleName(/pinned/);
    await expect(grid.getByRole('gridcell', { name: /pinned/ })).toHaveCount(1);
    await expect(grid.getByRole('gridcell', { selected: true })).toHaveCount(1);
  });
  await test.step('another class takes the pin away, a pin the label', async () => {
    await page.getByRole('button', { name: 'Give class' }).click();
    await page.getByRole('combobox', { name: 'Find a class' }).fill('mushroom');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('dialog')).toHaveCount(0);
    await expect(tile(4)).toHaveAccessibleName(/labelled/);
    await expect(tile(4)).not.toHaveAccessibleName(/pinned/);
    await page.keyboard.press('p');
    await expect(tile(4)).toHaveAccessibleName(/pinned/);
    await expect(tile(4)).not.toHaveAccessibleName(/labelled/);
    await expect(page.getByRole('button', { name: /^Undo: Pin 1 image/ })).toBeEnabled();
    await page.reload();
    await expect(tile(4)).toHaveAccessibleName(/pinned/);
    await expect(tile(4)).not.toHaveAccessibleName(/labelled/);
  });
  await test.step('shift extends it, and what it covers is one act', async () => {
    await tile(6).click();
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('Shift+ArrowRight');
    await expect(status).toHaveText('3 images chosen');
    await expect(panel.getByRole('heading', { name: 'Rank 8' })).toBeVisible();
    await tile(10).click({ modifiers: ['ControlOrMeta'] });
    await expect(status).toHaveText('4 images chosen');
    await page.keyboard.press('x');
    for (const rank of [6, 7, 8, 10]) await expect(tile(rank)).toHaveAccessibleName(/vetoed/);
    await expect(tile(9)).not.toHaveAccessibleName(/vetoed/);
    await page.keyboard.press('ControlOrMeta+z');
    for (const rank of [6, 7, 8, 10]) await expect(tile(rank)).not.toHaveAccessibleName(/vetoed/);
  });
  await test.step('with Shift the next image follows', async () => {
    await tile(6).click();
    await page.keyboard.press('Shift+X');
    await page.keyboard.press('Shift+X');
    await expect(tile(6)).toHaveAccessibleName(/vetoed/);
    await expect(tile(7)).toHaveAccessibleName(/vetoed/);
    await expect(panel.getByRole('heading', { name: 'Rank 8' })).toBeVisible();
  });
  await test.step('the list of keys has them all, and undo names the act', async () => {
    await page.keyboard.press('?');
    const dialog = page.getByRole('dialog', { name: 'Keys on this screen' });
    for (const line of [/^x v Veto/, /^p Pin/, /^\[ The class before/, /^s Begin a spot-check/]) {
      await expect(dialog.getByRole('row', { name: line })).toBeVisible();
    }
    await page.keyboard.press('Escape');
    await expect(dialog).toHaveCount(0);
    const undo = page.getByRole('button', { name: /^Undo: Veto 1 image/ });
    await expect(undo).toBeEnabled();
    for (let acts = 0; acts < 6; acts++) await page.keyboard.press('ControlOrMeta+z');
    await expect(grid.getByRole('gridcell', { name: /vetoed|pinned|labelled/ })).toHaveCount(0);
  });
});

test(`${LABELS} labels at ten keys a second are each on the image that was seen`, async ({ page }, { project }) => {
  const folder = join(project.outputDir, `hand labels ${LABELS}`);
  const folders = await drawFolders(folder, LABELS + 20);
  await page.goto('/');
  const { id } = await makeProject(page, join(folder, 'project'), folders);
  await warmThumbnails(page, id);
  await page.goto(`/projects/${id}/hand-labelling`);
  await page.getByText('Random', { exact: true }).click();
  await expect(page.getByRole('region', { name: 'Next images' }).getByRole('img')).toHaveCount(10);
  await page.waitForFunction(() =>
    [...document.images].every(({ complete, naturalWidth }) => complete && naturalWidth > 0),
  );
  const slow = await page.context().newCDPSession(page);
  await slow.send('Network.enable');
  await slow.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: LATENCY_MS,
    downloadThroughput: -1,
    uploadThroughput: -1,
  });
  await watch(page);
  await test.step('every key is an answer, and every frame has its picture', async () => {
    const keys = Array.from({ length: LABELS }, (_, place) => String(1 + (place % CLASSES.length)));
    await page.keyboard.type(keys.join(''), { delay: KEY_MS });
    const { pressed, greyFrames } = await watched(page);
    expect(pressed.map(({ key }) => key)).toEqual(keys);
    expect(new Set(pressed.map(({ image }) => image)).size, 'each key was about another image').toBe(LABELS);
    expect(greyFrames).toEqual([]);
    await expect(page.getByText('All labels are saved.')).toBeVisible(PATIENT);
    const wanted = pressed.map(({ key, image }) => `${image} ${CLASSES[Number(key) - 1]}`);
    expect((await labelled(page, id)).toSorted()).toEqual(wanted.toSorted());
  });
  await test.step('undo takes them back one by one, to the image that each was about', async () => {
    const before = (await watched(page)).pressed;
    const back = Math.min(LABELS, 60);
    await page.keyboard.type('u'.repeat(back), { delay: KEY_MS });
    const { pressed } = await watched(page);
    const seen = pressed.slice(before.length + 1).map(({ image }) => image);
    expect(seen).toEqual(
      before
        .slice(-back + 1)
        .map(({ image }) => image)
        .reverse(),
    );
    await expect(page.getByText('All labels are saved.')).toBeVisible(PATIENT);
    const left = before.slice(0, LABELS - back).map(({ key, image }) => `${image} ${CLASSES[Number(key) - 1]}`);
    expect((await labelled(page, id)).toSorted()).toEqual(left.toSorted());
  });
  await test.step('a request that fails says which image it was about, and holds up no other', async () => {
    const before = await labelled(page, id);
    await page.route('**/decisions', (route) => route.abort(), { times: 1 });
    const known = (await watched(page)).pressed.length;
    await page.keyboard.type('123', { delay: KEY_MS });
    const pressed = (await watched(page)).pressed.slice(known);
    const alert = page.getByRole('alert');
    await expect(alert).toContainText('1 label was not saved');
    await expect(alert).toContainText(`“${at(pressed, 0).image}” as ant`);
    await expect.poll(async () => (await labelled(page, id)).length, PATIENT).toBe(before.length + 2);
    await alert.getByRole('button', { name: 'Try again' }).click();
    await expect(alert).toHaveCount(0);
    await expect.poll(async () => await labelled(page, id), PATIENT).toContain(`${at(pressed, 0).image} ant`);
  });
});

test('Esc closes only the topmost dialog, and the folder picker opens where the last folder was chosen', async ({
  page,
  sample,
}, { project }) => {
  await page.goto('/');
  await page.getByRole('button', { name: 'New project' }).click();
  const making = page.getByRole('dialog', { name: 'New project' });
  const picking = page.getByRole('dialog', { name: 'Where should the new project’s folder go?' });
  const browse = making.getByRole('button', { name: 'Where should the new project’s folder go?' });
  await making.getByRole('textbox', { name: 'Name' }).fill('Kept');
  await test.step('a field, the dialog above, the dialog below', async () => {
    await browse.click();
    await picking.getByRole('button', { name: 'New folder here' }).click();
    const name = picking.getByRole('textbox', { name: 'Name of the new folder' });
    await name.fill('not made');
    await page.keyboard.press('Escape');
    await expect(name).toHaveCount(0);
    await expect(picking).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(picking).toHaveCount(0);
    await expect(making.getByRole('textbox', { name: 'Name' })).toHaveValue('Kept');
    await page.keyboard.press('Escape');
    await expect(making).toHaveCount(0);
  });
  await test.step('the last place, also after the page was loaded anew', async () => {
    await page.getByRole('button', { name: 'New project' }).click();
    await browse.click();
    await expect(picking.getByRole('button', { name: /^Choose “/ })).toBeVisible();
    await picking.getByRole('textbox', { name: 'Folder' }).fill(project.outputDir);
    await picking.getByRole('button', { name: 'Go', exact: true }).click();
    await picking.getByRole('button', { name: `Choose “${basename(project.outputDir)}”` }).click();
    await expect(picking).toHaveCount(0);
    await page.reload();
    await page.getByRole('button', { name: 'New project' }).click();
    await browse.click();
    await expect(picking.getByRole('textbox', { name: 'Folder' })).toHaveValue(dirname(project.outputDir));
  });
  await test.step('a list that is open above the screen', async () => {
    await page.goto(`/projects/${sample}/ranks`);
    await page.getByRole('gridcell', { name: /^Rank 3, calibrated/ }).click();
    await page.keyboard.press('Shift+ArrowRight');
    const status = page.getByRole('status').filter({ hasText: 'chosen' });
    await expect(status).toHaveText('2 images chosen');
    await page.getByRole('button', { name: 'Give class' }).click();
    const list = page.getByRole('combobox', { name: 'Find a class' });
    await expect(list).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(list).toHaveCount(0);
    await expect(status).toHaveText('2 images chosen');
    await page.keyboard.press('Escape');
    await expect(status).toHaveCount(0);
  });
});

/** The name of the tile with the ring. */
async function ringed(grid: Locator): Promise<string | null> {
  return await grid.evaluate((element) => {
    const id = element.getAttribute('aria-activedescendant');
    return id === null ? null : (document.getElementById(id)?.getAttribute('aria-label') ?? null);
  });
}

async function drawFolders(folder: string, unlabelled: number) {
  let seed = 0;
  for (const split of ['labelled', 'held out']) {
    for (const name of CLASSES) await writeJpeg(join(folder, split, name, '0.jpg'), { seed: seed++ });
  }
  for (let index = 0; index < unlabelled; index++) {
    await writeJpeg(join(folder, 'unlabelled', `${String(index).padStart(4, '0')}.jpg`), { seed: seed++ });
  }
  const [labelled, heldOut] = [join(folder, 'labelled'), join(folder, 'held out')];
  return { labelled, heldOut, unlabelled: join(folder, 'unlabelled'), exports: join(folder, 'exports') };
}

/** Decoding speed is another test's subject. The browser keeps none of them. */
async function warmThumbnails(page: Page, projectId: string): Promise<void> {
  const { images } = await read<ImageWindow>(page, `/projects/${projectId}/images?part=unlabelled&limit=1000`);
  await page.evaluate(
    async ([project, ids]) => {
      for (const id of ids) await fetch(`/api/projects/${project}/thumbnails/${id}?px=768`, { cache: 'no-store' });
      for (const id of ids) await fetch(`/api/projects/${project}/thumbnails/${id}?px=384`, { cache: 'no-store' });
    },
    [projectId, images.map(({ imageId }) => imageId)] as const,
  );
}

interface Watched {
  readonly pressed: readonly { readonly key: string; readonly image: string }[];
  /** The pictures shown in frames in which they had not loaded. */
  readonly greyFrames: readonly string[];
}

/** Records what is on the screen when a key is pressed, and examines every frame, by the page's own clock. */
async function watch(page: Page): Promise<void> {
  await page.evaluate(() => {
    const seen = { pressed: [] as { key: string; image: string }[], greyFrames: [] as string[] };
    const shown = () =>
      [...document.querySelectorAll<HTMLImageElement>('section[aria-label="Picture"] img')].find(
        (image) => getComputedStyle(image).visibility === 'visible',
      );
    window.addEventListener('keydown', ({ key }) => seen.pressed.push({ key, image: shown()?.alt ?? 'none' }), true);
    const look = () => {
      const image = shown();
      if (!image?.complete || image.naturalWidth === 0 || getComputedStyle(image).opacity !== '1') {
        seen.greyFrames.push(image?.alt ?? 'none');
      }
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
    Object.assign(window, { watched: () => seen });
  });
}

async function watched(page: Page): Promise<Watched> {
  return await page.evaluate(() => (window as unknown as { watched(): Watched }).watched());
}

/** Images labelled by hand, each with its class, according to the workbench. */
async function labelled(page: Page, projectId: string): Promise<string[]> {
  const { images } = await read<ImageWindow>(page, `/projects/${projectId}/images?part=byHand&limit=1000`);
  return images.map(({ name, classIds: [classId = -1] }) => `${name} ${CLASSES[classId]}`);
}
