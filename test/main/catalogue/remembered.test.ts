import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Project } from '../../../main/catalogue/project.ts';
import { image, newProject, scan, temporaryFolder } from './project-builder.ts';

let project: Project;
let source: number;
beforeEach(async () => {
  project = await newProject();
  source = await project.catalogue.addSource({ kind: 'unlabelled', folder: temporaryFolder(), split: null });
  await scan(project, source, [image('1.jpg'), image('2.jpg')]);
});
afterEach(async () => {
  await project.close();
});

it('asks the catalogue once for what did not change', async () => {
  const { catalogue, database } = project;
  const first = await catalogue.unlabelledImages();
  await database.withChosen([0, 1], async () => await database.number('SELECT count(*) FROM chosen'));
  expect(await catalogue.unlabelledImages()).toBe(first);
});

it('asks again after every change, whoever made it', async () => {
  const { catalogue, database } = project;
  const ids = async () => [...(await catalogue.unlabelledImages())];
  expect(await ids()).toEqual([0, 1]);
  await scan(project, source, [image('2.jpg'), image('3.jpg')]);
  expect(await ids()).toEqual([1, 2]);
  await database.run('UPDATE images SET missing = true WHERE id = 1');
  expect(await ids()).toEqual([2]);
});

it('keeps nothing that a rolled-back transaction saw', async () => {
  const { catalogue, database } = project;
  const inside: number[][] = [];
  const given = database.transaction(async () => {
    await database.run('UPDATE images SET missing = true WHERE id = 0');
    inside.push([...(await catalogue.unlabelledImages())]);
    throw new Error('given up');
  });
  await expect(given).rejects.toThrow('given up');
  expect(inside).toEqual([[1]]);
  expect([...(await catalogue.unlabelledImages())]).toEqual([0, 1]);
});

it('does not keep what it read during a change', async () => {
  const { catalogue, database } = project;
  const read: Promise<Int32Array>[] = [];
  await database.transaction(async () => {
    await database.run('UPDATE images SET missing = true WHERE id = 0');
    read.push(database.outside(() => catalogue.unlabelledImages()));
    await Promise.all(read);
  });
  expect([...((await read[0]) ?? [])]).toEqual([0, 1]);
  expect([...(await catalogue.unlabelledImages())]).toEqual([1]);
});
