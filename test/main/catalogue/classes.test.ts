import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { backUpCatalogue } from '../../../main/catalogue/back-up-catalogue.ts';
import {
  FolderHasOtherImages,
  moveSource,
  readSource,
  removeSource,
  SourceUnknown,
} from '../../../main/catalogue/change-source.ts';
import { defaultColour } from '../../../main/catalogue/class-colours.ts';
import {
  ClassKeyTaken,
  ClassMergeImpossible,
  ClassNameTaken,
  ClassUnknown,
  changeClass,
  createClass,
  mergeClass,
  readAllClasses,
  readClasses,
} from '../../../main/catalogue/classes.ts';
import { Database } from '../../../main/catalogue/database.ts';
import { readHistory, redoAction, undoAction } from '../../../main/catalogue/decisions.ts';
import type { Project } from '../../../main/catalogue/project.ts';
import { image, newProject, scan, temporaryFolder } from './project-builder.ts';

const THREE = ['ant/1.jpg', 'ant/2.jpg', 'bee/1.jpg', 'cow/1.jpg'];

async function withThreeClasses(): Promise<{ project: Project; source: number; folder: string }> {
  const project = await newProject();
  const folder = temporaryFolder();
  const source = await project.catalogue.addSource({ kind: 'labelled', folder, split: 'train' });
  await scan(
    project,
    source,
    THREE.map((path) => image(path)),
  );
  return { project, source, folder };
}

const names = async ({ database }: Project) => (await readClasses(database)).map(({ name }) => name);
const labels = async ({ catalogue }: Project) => [...(await catalogue.labelledImages('train')).classIds];

it('gives each class a colour of its own that stays when another class goes', async () => {
  const { project } = await withThreeClasses();
  const before = await readClasses(project.database);
  expect(new Set(before.map(({ colour }) => colour)).size).toBe(3);
  expect(new Set(Array.from({ length: 16 }, (_, id) => defaultColour(id))).size).toBe(16);
  await mergeClass(project.database, 0, 1);
  expect(await readClasses(project.database)).toEqual(before.slice(1));
  await project.close();
});

it('stores a name that a person gives with its accents joined, as those of folders', async () => {
  const { project, source } = await withThreeClasses();
  const [apart, joined] = ['cafe\u0301', 'caf\u00E9'];
  const id = await createClass(project.database, apart);
  await expect(createClass(project.database, joined)).rejects.toThrow(ClassNameTaken);
  await expect(changeClass(project.database, 0, { name: apart })).rejects.toThrow(ClassNameTaken);
  await changeClass(project.database, 0, { name: 'u\u0308ber' });
  const names = (await readClasses(project.database)).map(({ name }) => name);
  expect([names[0], names[id]]).toEqual(['\u00FCber', joined]);
  await scan(project, source, [image(`${apart}/1.jpg`)]);
  expect(await readClasses(project.database)).toHaveLength(names.length);
  await project.close();
});

it('keeps a renamed class the class of its folder', async () => {
  const { project, source } = await withThreeClasses();
  await changeClass(project.database, 0, { name: 'Formica', colour: '#ABCDEF', key: 'f' });
  await scan(
    project,
    source,
    [...THREE, 'ant/3.jpg'].map((path) => image(path)),
  );
  expect(await readClasses(project.database)).toMatchObject([
    { id: 0, name: 'Formica', firstName: 'ant', colour: '#abcdef', key: 'f' },
    { name: 'bee' },
    { name: 'cow' },
  ]);
  expect(await labels(project)).toEqual([0, 0, 1, 2, 0]);
  await project.close();
});

it('takes a folder that is called as a class is now for that class', async () => {
  const { project } = await withThreeClasses();
  const hand = await createClass(project.database, 'dog');
  await changeClass(project.database, 1, { name: 'wasp' });
  const other = await project.catalogue.addSource({ kind: 'labelled', folder: temporaryFolder(), split: 'train' });
  await scan(project, other, [image('dog/1.jpg'), image('wasp/1.jpg'), image('elk/1.jpg')]);
  expect(await names(project)).toEqual(['ant', 'wasp', 'cow', 'dog', 'elk']);
  expect((await labels(project)).slice(4)).toEqual([hand, 4, 1]);
  await project.close();
});

it('merges: images count as the other class, also those that the folder brings later, until it is undone', async () => {
  const { project, source } = await withThreeClasses();
  await mergeClass(project.database, 0, 1);
  await mergeClass(project.database, 1, 2);
  await scan(
    project,
    source,
    [...THREE, 'ant/3.jpg'].map((path) => image(path)),
  );
  expect(await names(project)).toEqual(['cow']);
  expect(await labels(project)).toEqual([2, 2, 2, 2, 2]);
  expect((await project.catalogue.summary()).classes).toEqual([{ id: 2, name: 'cow', train: 5, heldOut: 0 }]);
  expect((await readAllClasses(project.database)).map(({ name }) => name)).toEqual(['ant', 'bee', 'cow']);
  expect(await readHistory(project.database)).toEqual({ undo: 'Merge “bee” into “cow”', redo: null });
  await undoAction(project.database);
  expect(await labels(project)).toEqual([1, 1, 1, 2, 1]);
  await undoAction(project.database);
  expect(await labels(project)).toEqual([0, 0, 1, 2, 0]);
  await redoAction(project.database);
  expect(await labels(project)).toEqual([1, 1, 1, 2, 1]);
  await project.close();
});

it('lets a class take the name and the key of one that was merged into it', async () => {
  const { project } = await withThreeClasses();
  await changeClass(project.database, 0, { key: 'a' });
  await mergeClass(project.database, 0, 1);
  await changeClass(project.database, 1, { name: 'ant', key: 'a' });
  expect(await names(project)).toEqual(['ant', 'cow']);
  await undoAction(project.database);
  expect((await readClasses(project.database)).map(({ key }) => key)).toEqual(['a', null, null]);
  await project.close();
});

it('refuses names and keys that are taken, and merges that mean nothing', async () => {
  const { project } = await withThreeClasses();
  const { database } = project;
  await changeClass(database, 0, { key: 'a' });
  await expect(createClass(database, 'bee')).rejects.toThrow(/a class “bee” already: choose another name, or merge/);
  await expect(changeClass(database, 0, { name: 'bee' })).rejects.toThrow(ClassNameTaken);
  await expect(createClass(database, 'b'.repeat(256))).rejects.toThrow(
    /^“b{40}…” has 256 characters, and the name of a/,
  );
  await expect(changeClass(database, 1, { key: 'a' })).rejects.toThrow(ClassKeyTaken);
  await expect(mergeClass(database, 0, 0)).rejects.toThrow(ClassMergeImpossible);
  await mergeClass(database, 0, 1);
  await expect(mergeClass(database, 2, 0)).rejects.toThrow(ClassUnknown);
  await undoAction(database);
  await changeClass(database, 0, { key: null });
  expect((await readClasses(database)).map(({ key }) => key)).toEqual([null, null, null]);
  await project.close();
});

it('is backed up with its merges', async () => {
  const { project } = await withThreeClasses();
  await mergeClass(project.database, 0, 1);
  await backUpCatalogue(project.database, project.directory, 99);
  const backup = await Database.open(project.path('catalogue.before-v99.duckdb'));
  expect(await backup.integers('SELECT class_id FROM current_labels ORDER BY image_id')).toEqual(
    Int32Array.of(1, 1, 1, 2),
  );
  backup.close();
  await project.close();
});

it('moves a source without changing ids or labels, and only to a folder that has its images', async () => {
  const { project, source } = await withThreeClasses();
  const before = await project.catalogue.labelledImages('train');
  const place = temporaryFolder();
  await expect(moveSource(project, source, place)).rejects.toThrow(FolderHasOtherImages);
  mkdirSync(join(place, 'bee'));
  writeFileSync(join(place, 'bee', '1.jpg'), 'a file');
  expect(await moveSource(project, source, place)).toMatchObject({ id: source, folder: place });
  expect(await project.catalogue.labelledImages('train')).toEqual(before);
  await expect(moveSource(project, source, project.path('runs'))).rejects.toThrow(/lie inside one another/);
  await project.close();
});

it('takes a source out, and knows its images again when it comes back', async () => {
  const { project, source, folder } = await withThreeClasses();
  await removeSource(project.database, source);
  expect((await project.catalogue.summary()).sources).toEqual([]);
  expect(await labels(project)).toEqual([]);
  await expect(readSource(project.database, source)).rejects.toThrow(SourceUnknown);
  expect(await project.catalogue.addSource({ kind: 'labelled', folder, split: 'train' })).toBe(source);
  await scan(
    project,
    source,
    THREE.map((path) => image(path)),
  );
  expect(await labels(project)).toEqual([0, 0, 1, 2]);
  await removeSource(project.database, source);
  expect(await project.catalogue.addSource({ kind: 'unlabelled', folder, split: null })).toBe(source + 1);
  await project.close();
});
