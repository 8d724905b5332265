/** A list of images and an archive, added on the page: chosen among files, the list's columns chosen beside its first rows. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import { jpegBytes, tarOf } from '../main/tar-file.ts';
import { test } from './workbench.ts';

async function choose(page: Page, folder: string, file: string): Promise<void> {
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Folder' }).fill(folder);
  await dialog.getByRole('button', { name: 'Go' }).click();
  await dialog.getByRole('button', { name: file, exact: true }).click();
}

test('a list is added with the columns that a person chooses, an archive without choices', async ({ page }, {
  outputDir,
}) => {
  const folder = join(outputDir, 'lists');
  mkdirSync(folder, { recursive: true });
  const [one, two, three] = await Promise.all([jpegBytes(1), jpegBytes(2), jpegBytes(3)]);
  writeFileSync(join(folder, 'one.jpg'), one);
  writeFileSync(join(folder, 'two.jpg'), two);
  writeFileSync(join(folder, 'shard.tar'), tarOf({ 'a.jpg': three }));
  writeFileSync(join(folder, 'list.csv'), 'where,species,note\none.jpg,fox,x\ntwo.jpg,owl,y\n');
  await page.goto('/');
  await page.getByRole('button', { name: 'New project' }).click();
  const created = page.getByRole('dialog', { name: 'New project' });
  await created.getByRole('textbox', { name: 'Name' }).fill('Of lists');
  await created.getByRole('button', { name: 'New project', exact: true }).click();
  await page.getByRole('button', { name: 'Add labelled images' }).click();
  await choose(page, folder, 'list.csv');
  const dialog = page.getByRole('dialog', { name: 'What the columns of “list.csv” are' });
  await expect(
    dialog.getByRole('table', { name: 'The first rows' }).getByRole('row', { name: 'one.jpg fox x' }),
  ).toBeVisible();
  const add = dialog.getByRole('button', { name: 'Add these images' });
  await expect(add).toBeDisabled();
  await dialog.getByRole('combobox', { name: 'Path of the image' }).selectOption('where');
  await expect(dialog.getByRole('status')).toHaveText(/Say which column is the class/);
  await dialog.getByRole('combobox', { name: 'Class' }).selectOption('species');
  await add.click();
  await expect(page.getByRole('row', { name: /list\.csv labelled, training 2 / })).toBeVisible();
  await expect(page.getByRole('textbox', { name: 'Rename fox' })).toBeVisible();
  await page.getByRole('button', { name: 'Add unlabelled images' }).click();
  await choose(page, folder, 'shard.tar');
  await expect(page.getByRole('row', { name: /shard\.tar unlabelled 1 / })).toBeVisible();
});
