/**
 * What labels and brought eyes can do, on one project: a network from a link, labels learnt, pictures found, labels corrected.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import { architecture } from '../../main/models/family.ts';
import { referenceWeights } from '../../main/models/reference-weights.ts';
import { onnxModel } from '../../main/pipeline/onnx-model.ts';
import { seriousFindings } from './accessibility.ts';
import { settled } from './settled.ts';
import { drawStoryFolders } from './story.ts';
import { makeProject, PATIENT } from './trainings.ts';
import { test } from './workbench.ts';

const NETWORK = 'small_eyes.onnx';

test('eyes are downloaded from a link, learn from labels and find similar pictures; a label is corrected and learnt from', async ({
  page,
}, { project }) => {
  const folders = await drawStoryFolders(project.outputDir, 'labels');
  const server = await serving(smallNetwork());
  await page.goto('/');
  const { id } = await makeProject(page, join(project.outputDir, 'labels', 'project'), folders);
  await test.step('a network is looked at by its link, downloaded and brought', async () => {
    await page.goto(`/projects/${id}/teacher`);
    await bringByLink(page, `http://127.0.0.1:${(server.address() as AddressInfo).port}/${NETWORK}`);
  });
  await test.step('the labels are learnt, and the ranks are by them', () => learnFromLabels(page, id));
  await test.step('images like one of the ranks are found', () => findLikeThisOne(page));
  await test.step('images like a picture from outside are found', () => findByPicture(page, id, folders.heldOut));
  await test.step('a label is put right, taken back, given again and learnt from', () => putLabelRight(page, id));
  await test.step('a labelling that nobody needs is deleted', () => deleteLabelling(page, id));
  server.closeAllConnections();
  server.close();
});

async function deleteLabelling(page: Page, id: string): Promise<void> {
  await page.goto(`/projects/${id}/scoring`);
  const all = page
    .getByRole('region', { name: 'Labellings' })
    .getByRole('button', { name: /^Delete the labelling by / });
  await expect(all.first()).toBeVisible();
  const before = await all.count();
  await all.last().click();
  const dialog = page.getByRole('dialog', { name: /^Delete “/ });
  await expect(dialog.getByText(/frees [\d.,]+ \w+\./)).toBeVisible();
  expect(await seriousFindings(page)).toEqual([]);
  await dialog.getByRole('button', { name: /^Delete and free/ }).click();
  await expect(dialog).toHaveCount(0);
  await expect(all).toHaveCount(before - 1);
}

function smallNetwork(): Uint8Array {
  const network = { ...architecture('small-basic', 1000), layers: [1, 1], width: 16 };
  return onnxModel({ network, weights: referenceWeights(network), classNames: [], imageSizePx: 32, provenance: {} });
}

async function serving(content: Uint8Array): Promise<Server> {
  const server = createServer((_, response) =>
    response.writeHead(200, { 'content-length': content.length }).end(content),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function bringByLink(page: Page, address: string): Promise<void> {
  await page.getByRole('button', { name: 'Shared models and links…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Bring a model' });
  await dialog.getByRole('textbox', { name: 'Link to a file' }).fill(address);
  await dialog.getByRole('button', { name: 'Look at the link' }).click();
  await expect(dialog.getByText(new RegExp(`^127\\.0\\.0\\.1:\\d+ sends ${NETWORK} `))).toBeVisible();
  await dialog.getByRole('button', { name: 'Download', exact: true }).click();
  const brought = page.getByRole('dialog', { name: 'Bring weights' });
  await expect(brought.getByRole('combobox', { name: 'Use it as' })).toHaveValue('teacher');
  await brought.getByRole('button', { name: 'Bring it' }).click();
  await expect(brought).toBeHidden(PATIENT);
}

async function learnFromLabels(page: Page, id: string): Promise<void> {
  await page.goto(`/projects/${id}/hand-labelling`);
  await page.getByRole('button', { name: 'Learn from these labels' }).click();
  await expect(page.getByText(/^Learnt: the ranks now follow these labels/)).toBeVisible(PATIENT);
  await page.getByRole('navigation').getByRole('link', { name: 'Ranks' }).click();
  await expect(page.getByRole('gridcell', { name: /^Rank 1,/ })).toBeVisible();
}

async function findLikeThisOne(page: Page): Promise<void> {
  await page.getByRole('gridcell', { name: /^Rank 1,/ }).click();
  await page.getByRole('button', { name: 'Like this one' }).click();
  const list = page.getByRole('list', { name: 'Images like it, closest first' });
  await expect(list.getByRole('listitem').first()).toBeVisible(PATIENT);
  const near = (await list.getByRole('listitem').allInnerTexts()).map(Number);
  expect(near.length).toBeGreaterThan(5);
  expect(near).toEqual(near.toSorted((a, b) => b - a));
}

async function findByPicture(page: Page, id: string, folder: string): Promise<void> {
  const picture =
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('.jpg')) ?? '';
  await page.goto(`/projects/${id}/collection`);
  const find = page.getByRole('region', { name: 'Find by a picture' });
  const buffer = readFileSync(join(folder, picture));
  await find.locator('input[type=file]').setInputFiles({ name: 'outside.jpg', mimeType: 'image/jpeg', buffer });
  await expect(find.getByText('Like outside.jpg')).toBeVisible();
  await expect(find.getByRole('listitem').first()).toBeVisible(PATIENT);
}

async function putLabelRight(page: Page, id: string): Promise<void> {
  await page.goto(`/projects/${id}/ranks`);
  await page.getByRole('gridcell', { name: /^Rank 2,/ }).click();
  const fix = page.getByRole('region', { name: 'Fix the label' });
  await expect(fix.getByText('It has no label yet.')).toBeVisible();
  const again = page.getByRole('region', { name: 'Train further' });
  await expect(again.getByText('The models have already learnt from these labels.')).toBeVisible(PATIENT);
  const first = fix.getByRole('button', { name: /^It is / }).first();
  const name = ((await first.textContent()) ?? '').replace('It is ', '');
  await first.click();
  await expect(fix.getByText(`Labelled by hand: ${name}`)).toBeVisible();
  await fix.getByRole('button', { name: 'Undo this label' }).click();
  await expect(fix.getByText('It has no label yet. Undone.')).toBeVisible();
  await fix.getByRole('button', { name: 'Another class…' }).click();
  await page.getByRole('combobox', { name: 'Find a class' }).press('Enter');
  await expect(fix.getByText(/^Labelled by hand: /)).toBeVisible();
  await settled(page);
  expect(await seriousFindings(page)).toEqual([]);
  await expect(again.getByText(/^To be repeated: Teacher, Labelling/)).toBeVisible(PATIENT);
  await again.getByRole('button', { name: 'Train further with these labels' }).click();
  await expect(again.getByText('The models have already learnt from these labels.')).toBeVisible(PATIENT);
}
