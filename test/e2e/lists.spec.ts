/**
 * A list of images, an archive and a place in object storage, added on the page: files are chosen, the list's columns
 * beside its first rows.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import { ObjectServer } from '../main/object-server.ts';
import { jpegBytes, tarOf } from '../main/tar-file.ts';
import { test } from './workbench.ts';

async function choose(page: Page, folder: string, file: string): Promise<void> {
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Folder' }).fill(folder);
  await dialog.getByRole('button', { name: 'Go' }).click();
  await dialog.getByRole('button', { name: file, exact: true }).click();
}

async function newProject(page: Page, name: string): Promise<void> {
  await page.goto('/');
  await page.getByRole('button', { name: 'New project' }).click();
  const created = page.getByRole('dialog', { name: 'New project' });
  await created.getByRole('textbox', { name: 'Name' }).fill(name);
  await created.getByRole('button', { name: 'New project', exact: true }).click();
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
  await newProject(page, 'Of lists');
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

test('a place in object storage is added with its endpoint, which the next one in the bucket needs no more', async ({
  page,
}) => {
  const server = new ObjectServer();
  await server.start();
  try {
    server.objects.set('photos/wild/1.jpg', await jpegBytes(1));
    server.objects.set('photos/wild/2.jpg', await jpegBytes(2));
    server.objects.set('photos/known/ant/3.jpg', await jpegBytes(3));
    await newProject(page, 'Of objects');
    const add = async (address: string, endpoint: string, kind: string) => {
      await page.getByRole('button', { name: 'Add from object storage' }).click();
      const dialog = page.getByRole('dialog', { name: 'Images in object storage (S3)' });
      await dialog.getByText(kind, { exact: true }).click();
      // What was said before stays, to be corrected.
      await dialog.getByRole('textbox', { name: 'Address' }).fill('photos/wild');
      await expect(dialog.getByRole('button', { name: 'Add these images' })).toBeDisabled();
      await dialog.getByRole('textbox', { name: 'Address' }).fill(address);
      await dialog.getByRole('textbox', { name: 'Endpoint' }).fill(endpoint);
      await dialog.getByRole('button', { name: 'Add these images' }).click();
    };
    await add('s3://photos/wild', 'nowhere', 'unlabelled');
    await expect(page.getByText('“nowhere” is not the address of a storage')).toBeVisible();
    await add('s3://photos/wild', server.endpoint, 'unlabelled');
    await expect(page.getByRole('row', { name: /wild unlabelled 2 / })).toBeVisible();
    await add('s3://photos/known', '', 'labelled');
    await expect(page.getByRole('row', { name: /known labelled, training 1 / })).toBeVisible();
  } finally {
    await server.stop();
  }
});
