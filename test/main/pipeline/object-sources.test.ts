/**
 * Images in an object storage, from a server on this machine: found, read, changed, missing, and unreachable for a
 * while.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Project } from '../../../main/catalogue/project.ts';
import { takeReturnedImages } from '../../../main/catalogue/returned-images.ts';
import { filesNow } from '../../../main/images/files-now.ts';
import { imageName } from '../../../main/images/image-locator.ts';
import { openBytes } from '../../../main/images/open-bytes.ts';
import { SourceAway } from '../../../main/images/patience.ts';
import { decodeCollection } from '../../../main/pipeline/collection.ts';
import { importFolder } from '../../../main/pipeline/import-folder.ts';
import { importSource } from '../../../main/pipeline/import-source.ts';
import { sourceStatus } from '../../../main/pipeline/source-status.ts';
import { newProject } from '../catalogue/project-builder.ts';
import { here } from '../command-here.ts';
import { foundImages } from '../found-images.ts';
import { ObjectServer } from '../object-server.ts';
import { jpegBytes, tarOf } from '../tar-file.ts';

const server = new ObjectServer();
let project: Project;

beforeEach(async () => {
  server.objects.clear();
  server.failing = undefined;
  await server.start();
  vi.stubEnv('AWS_ENDPOINT_URL_S3', server.endpoint);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  for (const name of ['ant', 'bee'])
    for (let file = 0; file < 4; file++)
      server.objects.set(`photos/labelled/${name}/${file} & ä.jpg`, await jpegBytes(file + (name === 'ant' ? 1 : 11)));
  for (let file = 0; file < 5; file++) server.objects.set(`photos/wild/${file}.jpg`, await jpegBytes(50 + file));
  server.objects.set('photos/wild/', Buffer.alloc(0));
  server.objects.set('photos/wild/deep/er/5.jpg', await jpegBytes(55));
  server.objects.set('photos/wild/readme.txt', Buffer.from('nothing'));
  server.objects.set('photos/wild/empty.jpg', Buffer.alloc(0));
  project = await newProject();
});
afterEach(async () => {
  await project.close();
  await server.stop();
  vi.unstubAllEnvs();
  rmSync(project.directory, { recursive: true, force: true });
});

const addLabelled = () => importFolder(project, { kind: 'labelled', folder: 's3://photos/labelled/', split: 'train' });
const addWild = () => importFolder(project, { kind: 'unlabelled', folder: 's3://photos/wild', split: null });

async function decoded() {
  const request = { project, heldOutFraction: 0.25, seed: 1, signal: new AbortController().signal, tell: () => {} };
  return await decodeCollection(request, 16);
}

it('objects are found through all pages, with classes and reasons, and decoded', async () => {
  expect(await addLabelled()).toMatchObject({
    images: 8,
    classes: new Map([
      ['ant', 4],
      ['bee', 4],
    ]),
    problems: [],
  });
  const added = await addWild();
  expect(added.images).toBe(6);
  expect(added.problems.map(({ relativePath }) => relativePath)).toEqual(['empty.jpg', 'readme.txt']);
  const { unlabelled, labelled } = await decoded();
  expect(unlabelled.length).toBe(6);
  expect(labelled.imageIds.length).toBe(6);
});

it('new, changed and gone ones are found by a listing, and nothing else is read again', async () => {
  await addWild();
  server.asked.length = 0;
  expect(await addWild()).toMatchObject({ images: 6, missing: 0 });
  expect(server.asked.filter((asked) => asked.includes('.jpg') && !asked.includes('empty'))).toEqual([]);
  server.objects.set('photos/wild/0.jpg', await jpegBytes(90));
  server.objects.delete('photos/wild/1.jpg');
  server.objects.set('photos/wild/new.jpg', await jpegBytes(91));
  server.asked.length = 0;
  expect(await addWild()).toMatchObject({ images: 6, missing: 1 });
  const read = new Set(server.asked.filter((asked) => /(GET|HEAD) photos\/wild\/\w+\.jpg/.test(asked)));
  expect([...read].map((asked) => asked.split('/').at(-1)).sort()).toEqual([
    ...['0.jpg', '0.jpg', 'empty.jpg', 'new.jpg', 'new.jpg'],
  ]);
});

it('a storage that does not answer is away, and harms nothing', async () => {
  await addLabelled();
  await addWild();
  await server.stop();
  await expect(addWild()).rejects.toThrow(SourceAway);
  await expect(addWild()).rejects.toThrow(
    /^The object storage s3:\/\/photos\/wild cannot be reached now \(the storage does not answer: ECONNREFUSED\): connect it again/,
  );
  await expect(decoded()).rejects.toThrow(SourceAway);
  expect((await project.catalogue.summary()).sources).toMatchObject([{ missing: 0 }, { missing: 0 }]);
  expect(await sourceStatus(project)).toMatchObject([
    { present: false, images: 0, missing: 8 },
    { present: false, images: 0, missing: 6 },
  ]);
  await server.start();
  expect(await sourceStatus(project)).toMatchObject([
    { present: true, images: 8, missing: 0 },
    { present: true, images: 6, missing: 0 },
  ]);
  expect((await decoded()).unlabelled.length).toBe(6);
});

it('an object that is back as it was counts again at the next run', async () => {
  await addWild();
  const path = 'photos/wild/1.jpg';
  const bytes = await jpegBytes(51);
  server.objects.delete(path);
  expect(await addWild()).toMatchObject({ images: 5, missing: 1 });
  expect(await takeReturnedImages(project.database, filesNow)).toBe(0);
  server.objects.set(path, await jpegBytes(99));
  expect(await takeReturnedImages(project.database, filesNow)).toBe(0);
  server.objects.set(path, bytes);
  expect(await takeReturnedImages(project.database, filesNow)).toBe(1);
});

it.each(['a folder of this machine', 'the storage'])('a list in %s names objects, with classes', async (where) => {
  const rows = ['ant', 'bee'].flatMap((name) =>
    [0, 1, 2, 3].map((file) => `s3://photos/labelled/${name}/${file} & ä.jpg,${name}`),
  );
  const text = ['path,label', ...rows, 's3://photos/labelled/gone.jpg,ant'].join('\n');
  const list = where === 'the storage' ? 's3://photos/lists/list.csv' : join(project.directory, '..', 'list.csv');
  if (where === 'the storage') server.objects.set('photos/lists/list.csv', Buffer.from(text));
  else writeFileSync(list, text);
  const add = () => importSource(project, { kind: 'labelled', folder: list, split: 'train' });
  expect(await add()).toMatchObject({
    images: 8,
    classes: new Map([
      ['ant', 4],
      ['bee', 4],
    ]),
    problems: [{ relativePath: 'gone.jpg', reason: 'the list names it, and it is not there' }],
  });
  expect(await add()).toMatchObject({ images: 8, missing: 0 });
  await addWild();
  expect((await decoded()).labelled.imageIds.length).toBe(6);
});

it('a list of several buckets is refused in a sentence', async () => {
  server.objects.set('lists/two.csv', Buffer.from('path,label\ns3://photos/a.jpg,ant\ns3://other/b.jpg,bee\n'));
  await expect(
    importSource(project, { kind: 'labelled', folder: 's3://lists/two.csv', split: 'train' }),
  ).rejects.toThrow(/^The list names images in several buckets, or in a bucket and on this machine/);
  await expect(
    importSource(project, { kind: 'labelled', folder: 's3://lists/none.csv', split: 'train' }),
  ).rejects.toThrow('The list s3://lists/none.csv does not exist');
});

it('images of the storage are found for classify, one or all below a place', async () => {
  const images = async (place: string) => {
    const problems: string[] = [];
    const found = await foundImages(place, ({ path }) => problems.push(path));
    for (const image of found) expect((await openBytes(image)).length).toBeGreaterThan(100);
    return [found.map(imageName), problems];
  };
  expect(await images('s3://photos/wild/2.jpg')).toEqual([['s3://photos/wild/2.jpg'], []]);
  const [found, problems] = await images('s3://photos/wild');
  expect(found).toHaveLength(6);
  expect(problems).toEqual(['empty.jpg', 'readme.txt']);
});

it('the endpoint of a bucket can be given with the command, and is remembered', async () => {
  await project.close();
  vi.stubEnv('AWS_ENDPOINT_URL_S3', 'http://127.0.0.1:9');
  const add = (...words: string[]) =>
    here('add', project.directory, '--unlabelled', 's3://elsewhere/wild', '--json', ...words);
  for (let file = 0; file < 2; file++) server.objects.set(`elsewhere/wild/${file}.jpg`, await jpegBytes(file));
  expect((await add('--endpoint', server.endpoint, '--region', 'here')).stdout).toContain('"images":2');
  expect((await add()).stdout).toContain('"images":2');
  expect((await add('--endpoint', 'nonsense')).stderr).toContain(
    '“nonsense” is not the address of a storage: write https://HOST or http://HOST:PORT.',
  );
});

it('tar shards are read by ranges of them', async () => {
  const [first, second] = [await jpegBytes(1), await jpegBytes(2)];
  server.objects.set('shards/0.tar', tarOf({ 'a.jpg': first, 'a.cls': 'ant', 'b.jpg': second, 'b.cls': 'bee' }));
  server.objects.set('shards/1.tar', tarOf({ 'c.jpg': await jpegBytes(3), 'c.cls': 'ant' }));
  const add = () => importFolder(project, { kind: 'labelled', folder: 's3://shards', split: 'train' });
  expect(await add()).toMatchObject({
    images: 3,
    classes: new Map([
      ['ant', 2],
      ['bee', 1],
    ]),
  });
  server.asked.length = 0;
  expect(await add()).toMatchObject({ images: 3, missing: 0 });
  expect(server.asked.filter((asked) => asked.startsWith('GET shards/'))).toEqual([]);
  await addWild();
  expect((await decoded()).labelled.imageIds.length).toBeGreaterThan(0);
  expect(
    await importFolder(await newProject(), { kind: 'unlabelled', folder: 's3://shards/1.tar', split: null }),
  ).toMatchObject({ images: 1 });
});

it('each refusal is one sentence', async () => {
  const add = async (address: string) => (await here('add', project.directory, '--unlabelled', address)).stderr.trim();
  await project.close();
  expect(await add('s3://nowhere/at-all')).toBe(
    'The object storage s3://nowhere/at-all does not exist, or is empty: check the address.',
  );
  expect(await add('s3://photos/none')).toBe(
    'The object storage s3://photos/none does not exist, or is empty: check the address.',
  );
  expect(await add('s3://')).toBe('s3:// names no bucket: write s3://bucket/prefix.');
  server.failing = 403;
  expect(await add('s3://photos/wild')).toContain(
    'may not be read with these credentials (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, say which)',
  );
  server.failing = 503;
  expect(await add('s3://photos/wild')).toContain('cannot be reached now');
});
