import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import type { ImageFile } from '../../../main/catalogue/image-paths.ts';
import { buildPixelCache } from '../../../main/images/build-pixel-cache.ts';
import { cacheImage } from '../../../main/pipeline/locate-image.ts';
import type { WorkbenchContext } from '../../../main/workbench/context.ts';
import type { Job } from '../../../main/workbench/contract/jobs.ts';
import { CollectionDesk } from '../../../main/workbench/desks/collection-desk.ts';
import { writeJpeg } from '../image-files.ts';
import { ObjectServer } from '../object-server.ts';
import { closeContext, newContext, until } from './workbench-context.ts';

const PAGE = { offset: 0, limit: 50 };
const contexts: WorkbenchContext[] = [];
afterEach(async () => {
  for (const context of contexts.splice(0)) await closeContext(context);
});

async function newDesk() {
  const { context, root, projectId } = await newContext();
  contexts.push(context);
  const desk = new CollectionDesk(context);
  const labelled = join(root, 'labelled');
  const unlabelled = join(root, 'unlabelled');
  let seed = 1;
  for (const name of ['ant', 'bee']) {
    for (let index = 0; index < 5; index++) await writeJpeg(join(labelled, name, `${index}.jpg`), { seed: seed++ });
  }
  for (let index = 0; index < 4; index++) await writeJpeg(join(unlabelled, `u${index}.jpg`), { seed: seed++ });
  const ended = async (job: Job) => await until(context, job.id, 'succeeded', 'failed', 'cancelled');
  const add = async (kind: 'labelled' | 'unlabelled', folder: string, split: 'test' | null = null) =>
    await ended(await desk.addSource(projectId, { kind, folder, split }));
  return { context, root, projectId, desk, labelled, unlabelled, ended, add };
}

it('says why a training cannot start, and nothing once it can', async () => {
  const { desk, projectId, labelled, unlabelled, add } = await newDesk();
  expect((await desk.summary(projectId)).unfit).toMatch(/no readable labelled image/);
  await add('labelled', labelled);
  expect((await desk.summary(projectId)).unfit).toMatch(/no readable unlabelled image/);
  await add('unlabelled', unlabelled);
  await desk.createClass(projectId, 'cow');
  const summary = await desk.summary(projectId);
  expect(summary).toMatchObject({ labelled: 10, heldOut: 0, unlabelled: 4, problems: 0, unfit: null });
  expect(summary.classes).toMatchObject([
    { name: 'ant', train: 5, heldOut: 0, byHand: 0, key: null, exampleImageId: 0 },
    { name: 'bee', train: 5, exampleImageId: 5 },
    { name: 'cow', train: 0, exampleImageId: null },
  ]);
  await desk.mergeClass(projectId, 0, 1);
  expect((await desk.summary(projectId)).unfit).toMatch(/All labelled images are of one class \(“bee”\)/);
});

it('adds a place in object storage, and keeps where it answers', async () => {
  const { desk, projectId, unlabelled, ended } = await newDesk();
  const server = new ObjectServer();
  await server.start();
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  try {
    server.objects.set('wild/deep/1.jpg', readFileSync(join(unlabelled, 'u1.jpg')));
    const source = { kind: 'unlabelled', folder: 's3://wild/deep', split: null } as const;
    const add = async (storage?: { readonly endpoint: string }) =>
      await ended(await desk.addSource(projectId, { ...source, storage }));
    expect((await add({ endpoint: server.endpoint })).state).toBe('succeeded');
    server.objects.set('wild/deep/2.jpg', readFileSync(join(unlabelled, 'u2.jpg')));
    expect((await add()).state).toBe('succeeded');
    expect((await desk.summary(projectId)).unlabelled).toBe(2);
    await expect(
      desk.addSource(projectId, { ...source, folder: unlabelled, storage: { endpoint: server.endpoint } }),
    ).rejects.toThrow(/are for s3:/);
    await expect(desk.addSource(projectId, { ...source, storage: { endpoint: 'ftp://host' } })).rejects.toThrow(
      /is not the address of a storage/,
    );
  } finally {
    vi.unstubAllEnvs();
    await server.stop();
  }
});

it('shows the first rows of a list, and adds it with the columns that a person chooses', async () => {
  const { root, desk, projectId, ended } = await newDesk();
  const file = join(root, 'list.csv');
  writeFileSync(file, 'file,species,label\nunlabelled/u0.jpg,fox,no\nunlabelled/u1.jpg,owl,no\n');
  const look = await desk.lookAtList(projectId, file);
  expect(look).toMatchObject({ columns: ['file', 'species', 'label'], guessed: { path: 'file', label: 'label' } });
  expect(look.rows[0]).toEqual(['unlabelled/u0.jpg', 'fox', 'no']);
  const columns = { ...look.guessed, label: 'species' };
  expect(
    await ended(await desk.addSource(projectId, { kind: 'labelled', folder: file, split: null, columns })),
  ).toMatchObject({ state: 'succeeded' });
  const { classes, sources } = await desk.summary(projectId);
  expect(classes.map(({ name, train }) => [name, train])).toEqual([
    ['fox', 1],
    ['owl', 1],
  ]);
  expect(sources).toMatchObject([{ manifest: file, folder: root, images: 2 }]);
  // Scanned again with the same columns.
  expect(await ended(await desk.rescanSource(projectId, sources[0]?.id ?? -1))).toMatchObject({ state: 'succeeded' });
  expect((await desk.summary(projectId)).sources).toMatchObject([{ images: 2, missing: 0 }]);
});

it('reports no images as lacking while folders are still being read', async () => {
  const { context, desk, projectId, labelled, add } = await newDesk();
  await add('labelled', labelled);
  let end = () => {};
  const reading = new Promise<null>((resolve) => {
    end = () => resolve(null);
  });
  const spec = { kind: 'importFolder', projectId, title: 'Adding unlabelled', lane: 'io' } as const;
  const { id } = context.jobs.submit({ ...spec, work: () => reading });
  expect((await desk.summary(projectId)).unfit).toMatch(/still being read \(“Adding unlabelled”\)/);
  end();
  await context.jobs.settled(id);
  expect((await desk.summary(projectId)).unfit).toMatch(/no readable unlabelled image/);
});

it('says that images were held out when the counts to train on fall', async () => {
  const { context, desk, projectId, labelled, add } = await newDesk();
  await add('labelled', labelled);
  expect((await desk.summary(projectId)).notes).toEqual([]);
  const { catalogue } = await context.projects.opened(projectId);
  await catalogue.splitTrain({ fraction: 0.2, seed: 1 });
  const { labelled: left, heldOut, notes } = await desk.summary(projectId);
  expect([left, heldOut]).toEqual([8, 2]);
  expect(notes).toEqual([
    '2 labelled images were set aside when the first training began, to judge the models by: they count as held out.',
  ]);
});

it('names the folder that is being read, and counts its files', async () => {
  const { context, projectId, labelled, add } = await newDesk();
  const shown: unknown[] = [];
  context.events.listen((event) => {
    if (event.kind === 'jobChanged' && event.job.projectId === projectId) shown.push(event.job.progress);
  }, AbortSignal.timeout(60_000));
  await add('labelled', labelled);
  expect(shown.at(-1)).toMatchObject({ done: 10, total: 10, unit: 'files', detail: labelled });
});

it('adds folders as jobs that report their end, and lists what could not be read', async () => {
  const { context, desk, projectId, labelled, add } = await newDesk();
  const told: string[] = [];
  context.events.listen((event) => {
    if (event.kind === 'projectChanged') told.push(event.part);
  }, AbortSignal.timeout(240_000));
  writeFileSync(join(labelled, 'ant', 'broken.jpg'), 'no picture');
  const job = await add('labelled', labelled);
  expect(job).toMatchObject({ state: 'succeeded', result: { kind: 'imported', images: 10, problems: 1 } });
  expect(told).toContain('collection');
  const problems = await desk.problems(projectId, PAGE);
  expect([problems.total, problems.problems[0]?.path]).toEqual([1, join(labelled, 'ant', 'broken.jpg')]);
  expect(await add('labelled', join(labelled, 'nowhere'))).toMatchObject({
    state: 'failed',
    reason: expect.stringMatching(/There is no folder/),
  });
});

it('gives windows of images by part, class, source and name', async () => {
  const { desk, projectId, labelled, unlabelled, add } = await newDesk();
  await add('labelled', labelled);
  await add('unlabelled', unlabelled);
  const window = await desk.images(projectId, { part: 'unlabelled' }, { offset: 1, limit: 2 });
  expect(window).toMatchObject({
    total: 4,
    offset: 1,
    images: [{ name: 'u1.jpg', classIds: [] }, { name: 'u2.jpg' }],
  });
  const ofClass = await desk.images(projectId, { classId: 1, sourceId: 0, search: 'BEE/3' }, PAGE);
  expect(ofClass.images).toMatchObject([{ name: '3.jpg', classIds: [1] }]);
  await desk.mergeClass(projectId, 1, 0);
  expect((await desk.images(projectId, { classId: 0 }, PAGE)).total).toBe(10);
  expect((await desk.images(projectId, { search: "' OR true --" }, PAGE)).total).toBe(0);
});

it('finds a moved folder again with the same ids, and refuses one with other images', async () => {
  const { context, desk, projectId, root, labelled, unlabelled, add, ended } = await newDesk();
  await add('labelled', labelled);
  await add('unlabelled', unlabelled);
  const before = await desk.images(projectId, {}, PAGE);
  const place = join(root, 'disk', 'labelled');
  mkdirSync(join(root, 'disk'));
  renameSync(labelled, place);
  const away = await desk.summary(projectId);
  expect(away.sources.map(({ present }) => present)).toEqual([false, true]);
  expect(away).toMatchObject({
    missing: 10,
    sources: [{ images: 0, missing: 10, away: 'is not there' }, { images: 4 }],
  });
  const wrong = await ended(await desk.moveSource(projectId, 0, root));
  expect(wrong).toMatchObject({ state: 'failed', reason: expect.stringMatching(/lie inside one another|None of the/) });
  expect((await ended(await desk.moveSource(projectId, 0, place))).state).toBe('succeeded');
  expect(await desk.images(projectId, {}, PAGE)).toEqual(before);
  expect((await desk.summary(projectId)).sources[0]).toMatchObject({ id: 0, folder: place, present: true, images: 10 });
  const project = await context.projects.opened(projectId);
  expect((await project.catalogue.classes()).length).toBe(2);
});

it('removes a source and adds it again, and finds what changed in it', async () => {
  const { desk, projectId, labelled, unlabelled, add, ended } = await newDesk();
  await add('labelled', labelled);
  await add('unlabelled', unlabelled);
  rmSync(join(unlabelled, 'u0.jpg'));
  await writeJpeg(join(unlabelled, 'u9.jpg'), { seed: 99 });
  await ended(await desk.rescanSource(projectId, 1));
  expect((await desk.summary(projectId)).sources[1]).toMatchObject({ images: 4, missing: 1 });
  await desk.removeSource(projectId, 0);
  expect(await desk.summary(projectId)).toMatchObject({ labelled: 0, sources: [{ id: 1 }] });
  await expect(desk.rescanSource(projectId, 0)).rejects.toThrow(/no folder number 0/);
  await add('labelled', labelled);
  expect(await desk.summary(projectId)).toMatchObject({ labelled: 10, sources: [{ id: 0 }, { id: 1 }] });
});

it('groups near-copies once the pixels are known, and marks leaks', async () => {
  const { context, desk, projectId, root, labelled, unlabelled, add } = await newDesk();
  const heldOut = join(root, 'held-out');
  await writeJpeg(join(heldOut, 'ant', 'h.jpg'), { seed: 70 });
  cpSync(join(labelled, 'ant', '0.jpg'), join(labelled, 'ant', 'copy.jpg'));
  await writeJpeg(join(unlabelled, 'again.jpg'), { seed: 70, quality: 80 });
  await writeJpeg(join(unlabelled, 'and-again.jpg'), { seed: 70, quality: 95 });
  await add('labelled', labelled);
  await add('labelled', heldOut, 'test');
  await add('unlabelled', unlabelled);
  expect(await desk.duplicates(projectId, PAGE)).toEqual({
    known: false,
    share: null,
    comparing: false,
    total: 0,
    offset: 0,
    groups: [],
  });
  const project = await context.projects.opened(projectId);
  const images: ImageFile[] = [];
  for await (const image of project.catalogue.eachImage()) images.push(image);
  await buildPixelCache({ directory: project.path('cache', 'pixels-24'), sizePx: 24, images: images.map(cacheImage) });
  const named = async () => {
    const { known, groups } = await desk.duplicates(projectId, PAGE);
    const nameOf = new Map(images.map(({ id, relativePath }) => [id, relativePath.split('/').at(-1)]));
    return {
      known,
      groups: groups.map(({ imageIds, leak }) => ({ leak, names: imageIds.map((id) => nameOf.get(id)) })),
    };
  };
  expect(await named()).toEqual({
    known: true,
    groups: [
      { leak: true, names: ['h.jpg', 'again.jpg', 'and-again.jpg'] },
      { leak: false, names: ['0.jpg', 'copy.jpg'] },
    ],
  });
  await desk.removeSource(projectId, 1);
  expect((await named()).groups.map(({ leak }) => leak)).toEqual([false, false]);
});
