/** Images with several classes: labels from lists, folders, archives and by hand, and undoing them. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { mergeClass, readClasses } from '../../../main/catalogue/classes.ts';
import {
  CHOSEN_IMAGES,
  decide,
  decideLabels,
  readHistory,
  redoAction,
  undoAction,
} from '../../../main/catalogue/decisions.ts';
import { chooseLabelSetting } from '../../../main/catalogue/label-setting.ts';
import { createProject, openProject, type Project } from '../../../main/catalogue/project.ts';
import { heldOutChoice } from '../../../main/catalogue/split-train.ts';
import { importSource } from '../../../main/pipeline/import-source.ts';
import { drawMarked } from './marked-pictures.ts';

let root: string;
let project: Project;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'understudy-several-sources-'));
  await drawMarked(join(root, 'l'), 6, 1);
  project = await createProject(join(root, 'project'), { labels: 'several' });
});
afterEach(async () => {
  await project.close();
  rmSync(root, { recursive: true, force: true });
});

const list = (name: string, ...lines: readonly string[]) => writeFileSync(join(root, name), `${lines.join('\n')}\n`);
const addList = (name: string, to = project) =>
  importSource(to, { kind: 'labelled', folder: join(root, name), split: 'train' });

/** The classes of each image, by name. */
async function labels(of = project): Promise<Record<string, string[]>> {
  const rows = await of.database.rows(
    `SELECT parse_filename(relative_path) AS name, list(classes.name ORDER BY classes.name) AS classes
     FROM image_labels JOIN images ON images.id = image_id JOIN classes ON classes.id = class_id
     GROUP BY images.id, relative_path ORDER BY relative_path, images.id`,
  );
  return Object.fromEntries(rows.map(({ name, classes }) => [String(name), (classes as string[]).map(String)]));
}

async function idOf(name: string): Promise<number> {
  return await project.database.number('SELECT min(id) FROM images WHERE parse_filename(relative_path) = ?', [name]);
}

async function classId(name: string): Promise<number> {
  return (await readClasses(project.database)).find((one) => one.name === name)?.id ?? -1;
}

it('reads several classes out of one column, parted or as a list, and out of several rows', async () => {
  list(
    'all.csv',
    'path,label',
    'l/0000.png,red; blue ;red',
    'l/0001.png,green|white',
    'l/0002.png,"[""red"", ""a, b""]"',
    'l/0003.png,red',
    'l/0003.png,blue',
    'l/0004.png,',
  );
  const { classes, images, notes } = await addList('all.csv');
  expect(await labels()).toEqual({
    '0000.png': ['blue', 'red'],
    '0001.png': ['green', 'white'],
    '0002.png': ['a, b', 'red'],
    '0003.png': ['blue', 'red'],
  });
  expect(images).toBe(5);
  expect(classes).toEqual(
    new Map([
      ['a, b', 1],
      ['blue', 2],
      ['green', 1],
      ['red', 3],
      ['white', 1],
    ]),
  );
  expect(notes.join()).toContain('1 image has no class and is an unlabelled one.');
  const { imageIds, classIds, further } = await project.catalogue.labelledImages('train');
  expect([imageIds.length, classIds.length, further?.imageIds.length]).toEqual([4, 4, 4]);
  // Reading the same again writes nothing; changed rows count.
  const written = await project.database.number('SELECT count(*) FROM labels');
  await addList('all.csv');
  expect(await project.database.number('SELECT count(*) FROM labels')).toBe(written);
  list('all.csv', 'path,label', 'l/0000.png,white', 'l/0001.png,green|white');
  await addList('all.csv');
  expect(await labels()).toMatchObject({ '0000.png': ['white'], '0001.png': ['green', 'white'] });
});

it('reads lists of classes out of Parquet', async () => {
  await project.database.run(
    `COPY (SELECT 'l/0000.png' AS path, ['red', 'blue'] AS label UNION ALL SELECT 'l/0001.png', ['red'])
     TO '${join(root, 'all.parquet')}' (FORMAT parquet)`,
  );
  await addList('all.parquet');
  expect(await labels()).toEqual({ '0000.png': ['blue', 'red'], '0001.png': ['red'] });
});

it('takes a picture that lies in several class folders for one image of all of them', async () => {
  for (const [folder, name] of [
    ['red', '0000.png'],
    ['blue', '0000.png'],
    ['red', '0001.png'],
  ] as const) {
    mkdirSync(join(root, 'folders', folder), { recursive: true });
    copyFileSync(join(root, 'l', name), join(root, 'folders', folder, name));
  }
  const { notes } = await importSource(project, { kind: 'labelled', folder: join(root, 'folders'), split: 'train' });
  expect(notes).toEqual([]);
  const { imageIds, further } = await project.catalogue.labelledImages('train');
  expect(imageIds).toHaveLength(2);
  expect(further?.imageIds).toHaveLength(1);
  const { classes, notes: said } = await project.catalogue.summary();
  expect(classes.map(({ name, train }) => [name, train])).toEqual([
    ['blue', 1],
    ['red', 2],
  ]);
  expect(said).toEqual([]);
});

it('reads lists of classes beside the images of an archive', async () => {
  const folder = join(root, 'shard');
  mkdirSync(folder);
  copyFileSync(join(root, 'l', '0000.png'), join(folder, 'a.png'));
  writeFileSync(join(folder, 'a.json'), JSON.stringify({ label: ['red', 'blue', 3] }));
  copyFileSync(join(root, 'l', '0001.png'), join(folder, 'b.png'));
  writeFileSync(join(folder, 'b.json'), JSON.stringify({ label: 'green;white' }));
  execFileSync('tar', ['cf', join(root, 'shard.tar'), '-C', folder, 'a.png', 'a.json', 'b.png', 'b.json']);
  await importSource(project, { kind: 'labelled', folder: join(root, 'shard.tar'), split: 'train' });
  expect(await labels()).toEqual({ 'a.png': ['3', 'blue', 'red'], 'b.png': ['green', 'white'] });
});

it('gives and takes classes by hand, one by one or all at once, and undoes it', async () => {
  list('all.csv', 'path,label', 'l/0000.png,red;blue', 'l/0001.png,white');
  await addList('all.csv');
  await importSource(project, { kind: 'unlabelled', folder: join(root, 'l'), split: null });
  const { database } = project;
  const [image, white, blue] = [await idOf('0000.png'), await classId('white'), await classId('blue')];
  const one = (kind: 'label' | 'clearLabel' | 'veto', id: number) =>
    database.withChosen([image], () => decide(database, { kind, classId: id, images: CHOSEN_IMAGES }));
  await one('label', white);
  expect((await labels())['0000.png']).toEqual(['blue', 'red', 'white']);
  await one('clearLabel', blue);
  expect((await labels())['0000.png']).toEqual(['red', 'white']);
  // A veto revokes what was given by hand, and nothing else.
  await one('veto', white);
  expect((await labels())['0000.png']).toEqual(['red']);
  await undoAction(database);
  await undoAction(database);
  expect((await labels())['0000.png']).toEqual(['blue', 'red', 'white']);
  await redoAction(database);
  expect((await labels())['0000.png']).toEqual(['red', 'white']);
  const whole = (classIds: readonly number[]) =>
    database.withChosen([image], () => decideLabels(database, { classIds, images: CHOSEN_IMAGES }));
  await whole([blue, white]);
  expect((await labels())['0000.png']).toEqual(['blue', 'white']);
  expect((await readHistory(database)).undo).toBe('Label 1 image as “blue”, “white”');
  await whole([]);
  expect((await labels())['0000.png']).toBeUndefined();
  await undoAction(database);
  expect((await labels())['0000.png']).toEqual(['blue', 'white']);
  await mergeClass(database, blue, white);
  expect((await labels())['0000.png']).toEqual(['white']);
  await undoAction(database);
  // The same after the project was closed and opened.
  await project.close();
  project = await openProject(join(root, 'project'));
  expect((await labels())['0000.png']).toEqual(['blue', 'white']);
});

it('an unlabelled image is a labelled one while it has a class', async () => {
  list('all.csv', 'path,label', 'l/0000.png,red;blue');
  await addList('all.csv');
  await drawMarked(join(root, 'u'), 3, 9);
  await importSource(project, { kind: 'unlabelled', folder: join(root, 'u'), split: null });
  const { database, catalogue } = project;
  const [image = 0] = await catalogue.unlabelledImages();
  await database.withChosen([image], () => decideLabels(database, { classIds: [0, 1], images: CHOSEN_IMAGES }));
  expect(await catalogue.countUnlabelled()).toBe(2);
  expect((await catalogue.labelledImages('train')).further?.imageIds).toContain(image);
  await database.withChosen([image], () => decideLabels(database, { classIds: [], images: CHOSEN_IMAGES }));
  expect(await catalogue.countUnlabelled()).toBe(3);
});

it('leaves every class an image to train on, whatever else its images are of', () => {
  const imageIds = Int32Array.from({ length: 40 }, (_, id) => id);
  const classIds = imageIds.map((id) => Number(id > 1));
  // Only two images have class 0; every image has class 2.
  const further = { imageIds, classIds: imageIds.map(() => 2) };
  for (let seed = 0; seed < 30; seed++) {
    const held = new Set(heldOutChoice({ imageIds, classIds, further }, { fraction: 0.9 }, seed, new Map()));
    expect([0, 1].some((id) => !held.has(id))).toBe(true);
    expect(held.size).toBeLessThan(40);
  }
});

it('is said before the first image, and a project of one class an image names it where two are said', async () => {
  list('two.csv', 'path,label', 'l/0000.png,red', 'l/0000.png,blue', 'l/0001.png,red');
  const other = await createProject(join(root, 'other'));
  const { notes } = await addList('two.csv', other);
  expect(notes.join()).toBe(
    '1 row of the list repeat an image: its first row counts; if images can have several classes, create the project for that (understudy new DIR --several-labels).',
  );
  expect(await labels(other)).toEqual({ '0000.png': ['red'], '0001.png': ['red'] });
  expect((await other.catalogue.labelledImages('train')).further).toBeUndefined();
  await expect(chooseLabelSetting(other.database, 'several')).rejects.toThrow(
    /read with one class each, which cannot be changed: create a new project \(understudy new DIR --several-labels\)/,
  );
  await other.close();
});
