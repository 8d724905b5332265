/**
 * A project of clips, made on the page: what is added, and how clips play under the pointer, with the keyboard focus, or not at
 * all.
 */
import { join } from 'node:path';
import { expect } from '@playwright/test';
import { writeMotions } from '../main/images/motion-files.ts';
import { seriousFindings } from './accessibility.ts';
import { settled } from './settled.ts';
import { test } from './workbench.ts';

const SHAPE = { sizePx: 48, frames: 12, noise: 0 };
const PICTURES = 'test-output/clips';

test('clips are chosen for a new project, and play under the pointer or the focus', async ({ page }, { outputDir }) => {
  const folder = join(outputDir, 'motions');
  await writeMotions(join(folder, 'labelled'), { each: 3, first: 0, labelled: true }, SHAPE, 1);
  await page.goto('/');
  await page.getByRole('button', { name: 'New project' }).click();
  const dialog = page.getByRole('dialog', { name: 'New project' });
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Of motions');
  await dialog.getByRole('radio', { name: 'Clips' }).check();
  await expect(dialog.getByRole('textbox', { name: 'Frames per clip that networks see' })).toHaveValue('8');
  await page.screenshot({ path: `${PICTURES}/new-project.png` });
  expect(await seriousFindings(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'New project', exact: true }).click();
  await page.getByRole('button', { name: 'Add labelled images' }).click();
  const picker = page.getByRole('dialog');
  const field = picker.getByRole('textbox', { name: 'Folder' });
  // The initial value has to appear before anything is typed.
  await expect(field).not.toHaveValue('');
  await field.fill(join(folder, 'labelled'));
  await picker.getByRole('button', { name: 'Go' }).click();
  await picker.getByRole('button', { name: /^Choose “labelled”/ }).click();
  const tiles = page.getByRole('grid').getByRole('gridcell');
  await expect(tiles).toHaveCount(12);
  await settled(page);
  const picture = (place: number) => tiles.nth(place).locator('img');
  await expect(picture(2)).toHaveAttribute('data-moving', 'false');
  await picture(2).hover();
  await expect(picture(2)).toHaveAttribute('data-moving', 'true');
  await expect(picture(2)).toHaveAttribute('src', /moving-thumbnails/);
  await picture(5).hover();
  await expect(picture(2)).toHaveAttribute('data-moving', 'false');
  await page.mouse.move(0, 0);
  await page.getByRole('grid').focus();
  await expect(picture(0)).toHaveAttribute('data-moving', 'true');
  await page.keyboard.press('ArrowRight');
  await expect(picture(1)).toHaveAttribute('data-moving', 'true');
  await expect(picture(0)).toHaveAttribute('data-moving', 'false');
  await page.screenshot({ path: `${PICTURES}/collection.png` });
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await picture(4).hover();
  await page.keyboard.press('ArrowRight');
  await expect(picture(2)).toHaveAttribute('data-moving', 'false');
  await expect(picture(4)).toHaveAttribute('data-moving', 'false');
});
