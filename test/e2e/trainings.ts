/** Shared by the tests of running work: a project made through the API, and the teacher's settings filled in. */
import { expect, type Page } from '@playwright/test';
import type { Job, ProjectRef } from '../../main/api/contract.ts';
import type { StoryFolders } from './story.ts';

/** Training on a busy machine takes its time. */
export const PATIENT = { timeout: 240_000 } as const;

/** Made and filled through the API, as the screens do it: the stories test those steps. */
export async function makeProject(
  page: Page,
  folder: string,
  { labelled, heldOut, unlabelled }: StoryFolders,
): Promise<ProjectRef> {
  const ref = await post<ProjectRef>(page, '/projects/create', { folder, name: 'Trainings' });
  const sources = [
    { kind: 'labelled', folder: labelled, split: 'train' },
    { kind: 'labelled', folder: heldOut, split: 'test' },
    { kind: 'unlabelled', folder: unlabelled },
  ];
  for (const source of sources) await succeeded(page, await post(page, `/projects/${ref.id}/sources`, source));
  return ref;
}

/** The API's answer when `body` is sent to `path`: usually a job. */
export async function post<T = Job>(page: Page, path: string, body: object): Promise<T> {
  return await page.evaluate(
    async ([to, content]) => {
      const headers = { 'Content-Type': 'application/json' };
      const answer = await fetch(to, { method: 'POST', headers, body: content });
      if (!answer.ok) throw new Error(await answer.text());
      return await answer.json();
    },
    [`/api${path}`, JSON.stringify(body)] as const,
  );
}

export async function succeeded(page: Page, { id }: Pick<Job, 'id'>): Promise<void> {
  const state = async () => (await read<Job[]>(page, '/jobs')).find((job) => job.id === id)?.state;
  await expect.poll(state, PATIENT).toBe('succeeded');
}

/** The API's answer at `path`. */
export async function read<T>(page: Page, path: string): Promise<T> {
  return await page.evaluate(async (from) => await (await fetch(from)).json(), `/api${path}`);
}

/** A narrow network on the processor, for `length` images, on the Teacher screen. */
export async function setTeacher(page: Page, length: number): Promise<void> {
  const field = (name: string) => page.getByRole('textbox', { name });
  await page.getByRole('button', { name: 'Expert', exact: true }).click();
  await page.getByRole('combobox', { name: 'Model', exact: true }).selectOption('small-basic');
  await field('Length, images processed').fill(String(length));
  await field('Image size, pixels').fill('32');
  await field('Batch').fill('16');
  await field('Channels of the first layer').fill('8');
  await page.getByRole('combobox', { name: 'Device' }).selectOption('cpu');
}

export async function startTeacher(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Train a new teacher' }).click();
}

/** The first points of the curve are shown. */
export async function learns(page: Page): Promise<void> {
  await expect(page.getByRole('img', { name: /^Training loss\. .* after [\d,]+ images/ })).toBeVisible(PATIENT);
  await expect(page.getByText(/images per second/)).toBeVisible(PATIENT);
}
