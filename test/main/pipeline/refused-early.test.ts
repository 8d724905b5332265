/** Errors that can be known in advance are refused before time and disk space are spent on decoding. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Project } from '../../../main/catalogue/project.ts';
import { importFolder } from '../../../main/pipeline/import-folder.ts';
import { openWorkspace } from '../../../main/pipeline/open-workspace.ts';
import { newProject } from '../catalogue/project-builder.ts';
import { writeJpeg } from '../image-files.ts';

let project: Project;

beforeAll(async () => {
  project = await newProject();
  const labelled = join(project.directory, '..', 'labelled');
  const unlabelled = join(project.directory, '..', 'unlabelled');
  for (const name of ['a', 'b'])
    for (let file = 0; file < 4; file++) await writeJpeg(join(labelled, name, `${file}.jpg`), { seed: file + 1 });
  for (let file = 0; file < 6; file++) await writeJpeg(join(unlabelled, `${file}.jpg`), { seed: 50 + file });
  await importFolder(project, { kind: 'labelled', folder: labelled, split: 'train' });
  await importFolder(project, { kind: 'unlabelled', folder: unlabelled, split: null });
});
afterAll(async () => await project.close());

const tiny = ['imageSizePx=16', 'label.topP=1', 'engine.device=cpu'];
const open = async (...set: readonly string[]) =>
  await openWorkspace(project, { set: [...tiny, ...set] }, { signal: new AbortController().signal, tell: () => {} });

it.each([
  ['student.model=resnet99', /student\.model is "resnet99": it must be resnet18 or resnet34 or/],
  ['teacher.model=constructor', /teacher\.model is "constructor": it must be resnet18 or/],
  ['teacher.run=teacher-000000000000', /The recipe uses the teacher teacher-000000000000, which does not exist/],
  ['engine.device=dml', /There is no device “directml” here/],
  ['select.k=7', /select\.k is 7, but the project has only 6 unlabelled images/],
  ['label.topP=3', /label\.topP is 3, but the project has 2 classes/],
])('%s', async (setting, sentence) => {
  await expect(open(setting)).rejects.toThrow(sentence);
  expect(readdirSync(project.path('cache'))).toEqual([]);
});

it('a width that leaves a group without a channel', async () => {
  const settings = ['student.model=resnext50_32x4d', 'student.width=8'];
  await expect(open(...settings)).rejects.toThrow(
    'student.width is 8, which leaves the groups of resnext50_32x4d without a channel: choose at least 16.',
  );
  expect(readdirSync(project.path('cache'))).toEqual([]);
});

it('what can be done is decoded', async () => {
  const { collection } = await open('student.model=resnext50_32x4d', 'student.width=16');
  expect(collection.unlabelled).toHaveLength(6);
  expect(readdirSync(project.path('cache'))).toEqual(['pixels-16']);
});
