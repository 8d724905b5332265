import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FolderHasOtherImages, SourceUnknown } from '../../../main/catalogue/change-source.ts';
import type { Project } from '../../../main/catalogue/project.ts';
import { importFolder } from '../../../main/pipeline/import-folder.ts';
import { NewFolderAway, reconnections, reconnectSource } from '../../../main/pipeline/reconnect-source.ts';
import { sourceStatus } from '../../../main/pipeline/source-status.ts';
import { newProject } from '../catalogue/project-builder.ts';
import { writeJpeg } from '../image-files.ts';

let project: Project;
let [disk, elsewhere] = ['', ''];

beforeEach(async () => {
  project = await newProject();
  disk = join(project.directory, '..', 'disk');
  elsewhere = join(project.directory, '..', 'elsewhere');
  for (const name of ['a', 'b']) await writeJpeg(join(disk, 'labelled', name, '1.jpg'), { seed: name.charCodeAt(0) });
  await writeJpeg(join(disk, 'unlabelled', '1.jpg'), { seed: 9 });
  await importFolder(project, { kind: 'labelled', folder: join(disk, 'labelled'), split: 'train' });
  await importFolder(project, { kind: 'unlabelled', folder: join(disk, 'unlabelled'), split: null });
});
afterEach(async () => await project.close());

const counts = async () => (await sourceStatus(project)).map(({ images, missing, away }) => [images, missing, away]);
const asked = async (old: string, folder: string) =>
  (await reconnections(project, old, folder)).map(({ source, folder: place }) => [source.id, place]);

it('a folder is said by its number, its path, or the disk that it is on', async () => {
  const place = join(elsewhere, 'labelled');
  expect(await asked('0', place)).toEqual([[0, place]]);
  expect(await asked(join(disk, 'labelled'), place)).toEqual([[0, place]]);
  expect(await asked(disk, elsewhere)).toEqual([
    [0, place],
    [1, join(elsewhere, 'unlabelled')],
  ]);
  await expect(asked(join(disk, 'other'), elsewhere)).rejects.toThrow(SourceUnknown);
  await expect(asked('7', elsewhere)).rejects.toThrow(/takes no images from 7: .*\(0 .*labelled, 1 .*unlabelled\)/);
});

it('images that are away count as missing, and keep ids and labels in the new place', async () => {
  const before = await project.catalogue.labelledImages('train');
  renameSync(disk, elsewhere);
  expect(await counts()).toEqual([
    [0, 2, 'is not there'],
    [0, 1, 'is not there'],
  ]);
  for (const { source, folder } of await reconnections(project, disk, elsewhere)) {
    expect(await reconnectSource(project, source.id, folder)).toMatchObject({ missing: 0, problems: [] });
  }
  expect(await counts()).toEqual([
    [2, 0, null],
    [1, 0, null],
  ]);
  expect(await project.catalogue.labelledImages('train')).toEqual(before);
});

it('a place that is not there, or has other images, changes nothing', async () => {
  await expect(reconnectSource(project, 1, join(elsewhere, 'nowhere'))).rejects.toThrow(NewFolderAway);
  mkdirSync(elsewhere);
  await expect(reconnectSource(project, 1, elsewhere)).rejects.toThrow(
    /an empty one is in its place\): check the path/,
  );
  await writeJpeg(join(elsewhere, 'other.jpg'), { seed: 3 });
  await expect(reconnectSource(project, 1, elsewhere)).rejects.toThrow(FolderHasOtherImages);
  expect(await counts()).toEqual([
    [2, 0, null],
    [1, 0, null],
  ]);
});
