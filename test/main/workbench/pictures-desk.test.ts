import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Interrupted } from '../../../main/failure.ts';
import { importFolder } from '../../../main/pipeline/import-folder.ts';
import type { WorkbenchContext } from '../../../main/workbench/context.ts';
import { PicturesDesk } from '../../../main/workbench/desks/pictures-desk.ts';
import { ProjectsDesk } from '../../../main/workbench/desks/projects-desk.ts';
import { AwayNow, NotFound } from '../../../main/workbench/failures.ts';
import { ProjectFaces } from '../../../main/workbench/projects/project-faces.ts';
import { NewestFirst } from '../../../main/workbench/work/newest-first.ts';
import { writeJpeg } from '../image-files.ts';
import { writeMotions } from '../images/motion-files.ts';
import { closeContext, newContext } from './workbench-context.ts';

const wanted = new AbortController().signal;

let context: WorkbenchContext;
let projectId: string;
let folder: string;
let images: string;
let ids: Int32Array;
let desk: PicturesDesk;
let faces: ProjectFaces;
beforeAll(async () => {
  const made = await newContext();
  ({ context, projectId, folder } = made);
  images = join(made.root, 'images');
  for (const index of [0, 1, 2]) {
    await writeJpeg(join(images, `${index}.jpg`), { seed: index + 1, widthPx: 80, heightPx: 40 });
  }
  const project = await context.projects.opened(projectId);
  await importFolder(project, { kind: 'unlabelled', folder: images, split: null });
  ids = await project.catalogue.unlabelledImages();
  faces = new ProjectFaces(context.settingsFolder);
  desk = new PicturesDesk(context, async (_, __, place) => join(images, place === 1 ? '1.jpg' : '2.jpg'), faces);
});
afterAll(() => closeContext(context));

const idOf = (place: number) => ids[place] ?? -1;
const thumbnail = (imageId: number, sizePx: number) => desk.thumbnail(projectId, imageId, sizePx, wanted);

it('makes a thumbnail on request, and keeps it by the version of the file', async () => {
  const made = await thumbnail(idOf(0), 32);
  expect(await sharp(Buffer.from(made.picture)).metadata()).toMatchObject({ width: 32, height: 16, format: 'jpeg' });
  expect(readdirSync(join(folder, 'cache', 'thumbnails', '0'))).toEqual([`${idOf(0)}-32-${made.version}.jpg`]);
  // Without its file, only the cache can answer.
  rmSync(join(images, '0.jpg'));
  expect(Buffer.from((await thumbnail(idOf(0), 32)).picture).equals(Buffer.from(made.picture))).toBe(true);
});

it('reports that an image is out of reach, damaged, or unknown', async () => {
  await expect(thumbnail(idOf(0), 48)).rejects.toThrow(/0.jpg cannot be shown now: the file is gone/);
  // Not another picture in place of the one that was added.
  await writeJpeg(join(images, '1.jpg'), { seed: 9, widthPx: 80, heightPx: 40 });
  await expect(thumbnail(idOf(1), 32)).rejects.toThrow(/1.jpg cannot be shown now: the file has changed/);
  writeFileSync(join(images, '1.jpg'), 'no image');
  await expect(desk.classifiedThumbnail(projectId, 'any', 1, wanted)).rejects.toBeInstanceOf(NotFound);
  renameSync(images, `${images}-away`);
  await expect(thumbnail(idOf(2), 32)).rejects.toThrow(AwayNow);
  await expect(thumbnail(idOf(2), 32)).rejects.toThrow(`The folder ${images} is not there: connect it again`);
  renameSync(`${images}-away`, images);
  expect((await thumbnail(idOf(2), 32)).picture.length).toBeGreaterThan(0);
  await expect(thumbnail(999, 32)).rejects.toThrow('There is no image 999 in this project.');
});

it('shows the images of a classification without keeping them', async () => {
  const kept = readdirSync(join(folder, 'cache', 'thumbnails', '0'));
  const jpeg = await desk.classifiedThumbnail(projectId, 'any', 0, wanted);
  expect(await sharp(Buffer.from(jpeg)).metadata()).toMatchObject({ width: 80, format: 'jpeg' });
  expect(readdirSync(join(folder, 'cache', 'thumbnails', '0'))).toEqual(kept);
});

it('makes nothing for a request that was aborted', async () => {
  const gone = new AbortController();
  gone.abort();
  await expect(desk.thumbnail(projectId, idOf(2), 64, gone.signal)).rejects.toBeInstanceOf(Interrupted);
  expect(readdirSync(join(folder, 'cache', 'thumbnails', '0')).filter((name) => name.includes('-64-'))).toEqual([]);
});

it('serves the latest request first, and drops abandoned ones at once', async () => {
  const queue = new NewestFirst(1);
  const order: string[] = [];
  let release = () => {};
  const busy = new Promise<void>((resolve) => {
    release = resolve;
  });
  const first = queue.run(wanted, () => busy);
  const gone = new AbortController();
  const dropped = queue.run(gone.signal, async () => order.push('dropped'));
  const older = queue.run(wanted, async () => order.push('older'));
  const newer = queue.run(wanted, async () => order.push('newer'));
  gone.abort();
  // The first task still holds the only slot.
  await expect(dropped).rejects.toBeInstanceOf(Interrupted);
  release();
  await Promise.all([first, older, newer]);
  expect(order).toEqual(['newer', 'older']);
});

it('old requests get every other turn, and requests ahead of need run when nothing else waits', async () => {
  let nowMs = 0;
  const queue = new NewestFirst(1, () => nowMs);
  const order: string[] = [];
  let release = () => {};
  const busy = new Promise<void>((resolve) => {
    release = resolve;
  });
  const first = queue.run(wanted, () => busy);
  const gone = new AbortController();
  const ahead = [1, 2].map((place) => queue.runAhead(wanted, async () => order.push(`ahead ${place}`)));
  const dropped = queue.runAhead(gone.signal, async () => order.push('dropped'));
  const asked = ['a', 'b', 'c', 'd'].map((name) => queue.run(wanted, async () => order.push(name)));
  gone.abort();
  await expect(dropped).rejects.toBeInstanceOf(Interrupted);
  nowMs = 1000;
  const late = ['e', 'f'].map((name) => queue.run(wanted, async () => order.push(name)));
  release();
  await Promise.all([first, ...asked, ...late, ...ahead]);
  expect(order).toEqual(['a', 'f', 'b', 'e', 'c', 'd', 'ahead 1', 'ahead 2']);
});

it('shows a project’s pictures on the start page, even if it is not open', async () => {
  await writeJpeg(join(images, '1.jpg'), { seed: 9 });
  const projects = new ProjectsDesk(context, { host: 'browser', version: '0', projectsFolder: folder }, faces);
  const [known] = (await projects.start()).recents;
  expect(known).toMatchObject({ id: projectId, present: true, accuracy: null });
  expect(known?.pictures).toBe(ids.length);
  const picture = await desk.facePicture(projectId, 1, wanted);
  expect(await sharp(Buffer.from(picture)).metadata()).toMatchObject({ format: 'jpeg' });
  await context.projects.close(projectId);
  expect((await projects.start()).recents[0]?.pictures).toBe(ids.length);
  await expect(desk.facePicture(projectId, ids.length, wanted)).rejects.toThrow(NotFound);
});

it('many requests can wait on one signal, without a warning of a leak', async () => {
  const warnings: string[] = [];
  const heard = (warning: Error) => warnings.push(warning.name);
  process.on('warning', heard);
  const queue = new NewestFirst(1);
  const { signal } = new AbortController();
  let done = 0;
  await Promise.all(Array.from({ length: 20 }, () => queue.runAhead(signal, async () => ++done)));
  // Node reports it one tick later.
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', heard);
  expect(done).toBe(20);
  expect(warnings).toEqual([]);
});

it('thumbnails are made ahead, as many as possible, and are the ones shown later', async () => {
  await writeJpeg(join(images, '3.jpg'), { seed: 4, widthPx: 80, heightPx: 40 });
  await importFolder(await context.projects.opened(projectId), { kind: 'unlabelled', folder: images, split: null });
  const [newest] = (await (await context.projects.opened(projectId)).catalogue.unlabelledImages()).slice(-1);
  const id = newest ?? -1;
  expect(await desk.thumbnailsAhead(projectId, [id, 999], 96, wanted)).toEqual({ ready: 1 });
  const kept = readdirSync(join(folder, 'cache', 'thumbnails', '0')).filter((name) => name.startsWith(`${id}-96-`));
  expect(kept).toHaveLength(1);
  // Without its file, only what was made ahead can answer.
  rmSync(join(images, '3.jpg'));
  expect((await thumbnail(id, 96)).picture.length).toBeGreaterThan(0);
});

it('a clip plays on the page: some of its frames in order, cached like its thumbnail; a picture does not', async () => {
  const { id, clipFrames } = await context.projects.create(join(folder, '..', 'motions'), 'Motions', { clipFrames: 4 });
  expect(clipFrames).toBe(4);
  const clips = await context.projects.opened(id);
  const shape = { sizePx: 24, frames: 20, noise: 0 };
  await writeMotions(join(folder, '..', 'clips'), { each: 1, first: 0, labelled: false }, shape, 3);
  await importFolder(clips, { kind: 'unlabelled', folder: join(folder, '..', 'clips'), split: null });
  const [first = -1] = await clips.catalogue.unlabelledImages();
  const { picture: webp, version } = await desk.movingThumbnail(id, first, 16, wanted);
  const { pages, pageHeight, width, loop, delay } = await sharp(Buffer.from(webp), { pages: -1 }).metadata();
  expect({ pages, pageHeight, width, loop }).toEqual({ pages: 16, pageHeight: 16, width: 16, loop: 0 });
  expect(delay?.every((ms) => ms >= 80)).toBe(true);
  const frame = async (page: number) => (await sharp(Buffer.from(webp), { page }).raw().toBuffer()).toString('hex');
  expect(await frame(0)).not.toBe(await frame(8));
  expect(readdirSync(clips.path('cache', 'thumbnails', '0'))).toEqual([`${first}-16-${version}.webp`]);
  expect((await desk.movingThumbnail(id, first, 16, wanted)).picture).toEqual(webp);
  await expect(desk.movingThumbnail(projectId, idOf(2), 16, wanted)).rejects.toThrow('is a picture, not a clip');
});
