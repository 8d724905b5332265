/** Folders and files that disappear and come back between a project's commands are never mistaken for damage. */
import { chmodSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Project } from '../../../main/catalogue/project.ts';
import { takeReturnedImages } from '../../../main/catalogue/returned-images.ts';
import { filesNow } from '../../../main/images/files-now.ts';
import { SourceAway } from '../../../main/images/patience.ts';
import { decodeCollection, pixelsFor } from '../../../main/pipeline/collection.ts';
import { importFolder } from '../../../main/pipeline/import-folder.ts';
import { newProject } from '../catalogue/project-builder.ts';
import { writeJpeg } from '../image-files.ts';

const SIZE_PX = 16;

let project: Project;
let [labelled, unlabelled] = ['', ''];

beforeEach(async () => {
  project = await newProject();
  labelled = join(project.directory, '..', 'labelled');
  unlabelled = join(project.directory, '..', 'unlabelled');
  for (const name of ['a', 'b'])
    for (let file = 0; file < 4; file++) await writeJpeg(join(labelled, name, `${file}.jpg`), { seed: file + 1 });
  for (let file = 0; file < 6; file++) await writeJpeg(join(unlabelled, 'in', `${file}.jpg`), { seed: 50 + file });
  await add();
});
afterEach(async () => await project.close());

async function add() {
  await importFolder(project, { kind: 'labelled', folder: labelled, split: 'train' });
  return await importFolder(project, { kind: 'unlabelled', folder: unlabelled, split: null });
}

/** Prepares as `run` does: first what came back, then what is not decoded yet. */
async function prepare() {
  await takeReturnedImages(project.database, filesNow);
  const notes: string[] = [];
  const tell = (event: { kind: string; message?: string }) => event.kind === 'noted' && notes.push(event.message ?? '');
  const request = { project, heldOutFraction: 0.25, seed: 1, signal: new AbortController().signal, tell };
  const collection = await decodeCollection(request, SIZE_PX);
  return { request, collection, notes, unlabelled: collection.unlabelled.length };
}

async function counts() {
  const { sources } = await project.catalogue.summary();
  return sources.map(({ images, missing, problems }) => [images, missing, problems]);
}

it('a folder that is away stops the work, harms nothing, and is used when it is back', async () => {
  renameSync(unlabelled, `${unlabelled}-away`);
  await expect(prepare()).rejects.toThrow(SourceAway);
  await expect(prepare()).rejects.toThrow(
    `The folder ${unlabelled} is not there: connect it again (or say where it is now: understudy reconnect) and run the same command again`,
  );
  expect(await counts()).toEqual([
    [8, 0, 0],
    [6, 0, 0],
  ]);
  await expect(add()).rejects.toThrow(/labelled is not there: connect it again/);
  renameSync(`${unlabelled}-away`, unlabelled);
  expect((await prepare()).unlabelled).toBe(6);
});

it('what is decoded needs its folder no more, and that is said', async () => {
  const before = await prepare();
  expect(before.notes.join()).not.toMatch(/not there/);
  for (const folder of [labelled, unlabelled]) renameSync(folder, `${folder}-away`);
  const { collection, notes } = await prepare();
  expect(collection.digests).toEqual(before.collection.digests);
  expect(notes.filter((note) => note.includes('is not there: its images are read from the pixel cache'))).toHaveLength(
    2,
  );
});

it('files that went away, or became others, are missing until they are back', async () => {
  rmSync(join(unlabelled, 'in', '0.jpg'));
  renameSync(join(unlabelled, 'in', '1.jpg'), join(unlabelled, '1.jpg'));
  await writeJpeg(join(unlabelled, 'in', '2.jpg'), { seed: 99, widthPx: 40 });
  const { unlabelled: left, notes } = await prepare();
  expect(left).toBe(3);
  expect(notes).toContainEqual(
    expect.stringContaining('3 images are missing (2 are gone, 1 has changed since it was added)'),
  );
  expect(await counts()).toEqual([
    [8, 0, 0],
    [3, 3, 0],
  ]);
  renameSync(join(unlabelled, '1.jpg'), join(unlabelled, 'in', '1.jpg'));
  expect((await prepare()).unlabelled).toBe(4);
  await add();
  expect((await prepare()).unlabelled).toBe(5);
  expect(await counts()).toEqual([
    [8, 0, 0],
    [5, 1, 0],
  ]);
});

it('what a scan cannot read stays as it was known', async () => {
  await prepare();
  const inside = join(unlabelled, 'in');
  renameSync(inside, join(project.directory, '..', 'elsewhere'));
  // Leads to a disk that does not exist.
  symlinkSync(join(project.directory, 'nowhere'), inside);
  await writeJpeg(join(unlabelled, 'new.jpg'), { seed: 77 });
  const added = await add();
  expect(added).toMatchObject({ images: 1, missing: 0, unreachable: ['in'] });
  expect(added.problems).toEqual([{ relativePath: 'in', reason: 'a link that leads nowhere' }]);
  expect(await counts()).toEqual([
    [8, 0, 0],
    [7, 0, 1],
  ]);
  expect((await prepare()).unlabelled).toBe(7);
  rmSync(inside);
  expect(await add()).toMatchObject({ images: 1, missing: 6, problems: [] });
  renameSync(join(project.directory, '..', 'elsewhere'), inside);
  expect((await prepare()).unlabelled).toBe(7);
});

it.skipIf(process.getuid?.() === 0)('a folder and a file without permission stay as they were known', async () => {
  await prepare();
  chmodSync(join(unlabelled, 'in', '0.jpg'), 0);
  chmodSync(join(labelled, 'a'), 0);
  const { unreachable } = await add();
  chmodSync(join(labelled, 'a'), 0o700);
  expect(unreachable).toEqual(['in/0.jpg']);
  expect(await counts()).toEqual([
    [8, 0, 1],
    [6, 0, 1],
  ]);
});

it('a stage that needs the images in another size says which are gone, and the next try goes on without them', async () => {
  const { request, collection } = await prepare();
  rmSync(join(unlabelled, 'in', '0.jpg'));
  await expect(pixelsFor(request, collection, 24)).rejects.toThrow(/An image has disappeared while this was running/);
  const after = await prepare();
  expect(after.unlabelled).toBe(5);
  await pixelsFor(after.request, after.collection, 24);
});
