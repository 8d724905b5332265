import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Project } from '../../../main/catalogue/project.ts';
import { bring } from '../../../main/pipeline/bring-teacher.ts';
import { importedFile } from '../../../main/pipeline/brought-teacher.ts';
import { exportRun } from '../../../main/pipeline/export-run.ts';
import { lastRecipe } from '../../../main/pipeline/kept-recipe.ts';
import { readRun } from '../../../main/pipeline/runs.ts';
import { channelNetwork, type ForeignNetwork } from '../models/foreign-network.ts';
import { COLOURS, colouredProject, firstClasses, runAll } from './coloured-project.ts';

const root = mkdtempSync(join(tmpdir(), 'understudy-classifier-'));
let project: Project;
beforeAll(async () => {
  project = await colouredProject(root);
});
afterAll(async () => {
  await project.close();
  rmSync(root, { recursive: true });
});

const NAMES = { names: "{0: 'red, crimson', 1: 'Green', 2: 'blue'}" };
const PLAIN = { layout: 'channelsFirst', numbers: 'float32', sizePx: 16, batch: 'batch', output: 'logits' } as const;

function written(name: string, network: ForeignNetwork): string {
  const path = join(root, `${name}.onnx`);
  writeFileSync(path, channelNetwork(network));
  return path;
}

async function ranked(expected: Readonly<Record<string, string>>): Promise<void> {
  const { runs } = await runAll(project, 'label');
  const found = await firstClasses(project, runs.label?.id ?? '');
  expect(found.size).toBe(12);
  for (const [path, name] of found) expect(name).toBe(expected[path.replace(/-.*/, '')]);
}

const RIGHT = Object.fromEntries(COLOURS.map((name) => [name, name]));

test.each([
  ['float32, channels first, any size and number', { ...PLAIN, sizePx: 'side', notes: NAMES }],
  [
    'float32, channels last, one at a time, probabilities',
    { ...PLAIN, layout: 'channelsLast', batch: 1, output: 'probabilities', notes: NAMES },
  ],
  [
    'pixels as they are, channels last, seven at a time',
    { ...PLAIN, layout: 'channelsLast', numbers: 'uint8', batch: 7, notes: NAMES },
  ],
  ['half precision, channels first', { ...PLAIN, numbers: 'float16', notes: NAMES }],
  [
    'pixels around zero, channels last, any number',
    { ...PLAIN, layout: 'channelsLast', numbers: 'int8', notes: NAMES },
  ],
] as const)('a classifier that takes %s is the teacher, its classes by their names', async (name, network) => {
  const brought = await bring(
    project,
    written(name.replaceAll(/\W+/g, '-'), network),
    { preset: 'unit' },
    'classifier',
  );
  expect(brought.sentences.join(' ')).toContain("3 of its 3 classes correspond to 3 of the project's 3.");
  expect((await lastRecipe(project)).teacher.run).toBe(brought.id);
  await ranked(RIGHT);
});

test('the method runs to its end: the student is trained and compared, and the teacher is exported as one file with our classes', async () => {
  const { id } = await bring(project, written('whole', { ...PLAIN, notes: NAMES }), { preset: 'unit' }, 'classifier');
  const { runs, collection } = await runAll(project, 'evaluate');
  expect(runs.evaluate?.metrics.teacherTop1).toBe(1);
  const run = await readRun(project, id);
  if (!run) throw new Error('no run');
  const { file } = await exportRun(project, run, 'onnxPixels', mkdtempSync(join(root, 'out-')));
  const session = await InferenceSession.create(file);
  const green = Uint8Array.from({ length: 16 * 16 * 3 }, (_, place) => (place % 3 === 1 ? 220 : 10));
  const { probabilities } = await session.run({ pixels: new Tensor('uint8', green, [1, 16, 16, 3]) });
  await session.release();
  if (!(probabilities?.data instanceof Float32Array)) throw new Error('no probabilities');
  const { data } = probabilities;
  expect(collection.classNames[data.indexOf(Math.max(...data))]).toBe('green');
});

test('a table overrides the mapping, and a class without a counterpart gets no answer', async () => {
  const map = join(root, 'map.csv');
  writeFileSync(map, 'their class,our class\nred,BLUE\n1,BLUE\nblue,Crimson\n');
  const file = written('mapped', { ...PLAIN, notes: NAMES });
  const { sentences, id } = await bring(project, file, { preset: 'unit', map }, 'classifier');
  expect(sentences.join(' ')).toContain(
    "3 of its 3 classes correspond to 2 of the project's 3, some of them together.",
  );
  expect(sentences.join(' ')).toContain('Of green it knows nothing: no image is ranked for it.');
  await ranked({ Crimson: 'BLUE', green: 'BLUE', BLUE: 'Crimson' });
  const { runs } = await runAll(project, 'label');
  const rows = await project.database.rows(
    `SELECT DISTINCT name FROM ${await project.scores.table(runs.label?.id ?? '')} JOIN classes ON id = class_id`,
  );
  expect(rows.map(({ name }) => name).sort()).toEqual(['BLUE', 'Crimson']);
  const run = await readRun(project, id);
  expect(run?.reason).toMatch(/^Imported from mapped\.onnx\. 3 of its 3 classes/);
  expect(run && importedFile(run)).toBe('mapped.onnx');
});

test('what is unclear is asked for, with the option that says it', async () => {
  const refused = async (sentence: RegExp, network: ForeignNetwork, corrections = {}) =>
    await expect(bring(project, written('unclear', network), corrections, 'classifier')).rejects.toThrow(sentence);
  await refused(/Nothing says how to preprocess pictures .*choose it with --preset \(imagenet/, {
    ...PLAIN,
    notes: NAMES,
  });
  await refused(/does not say what its 3 classes are called: .*--classes.*--map/, PLAIN, { preset: 'unit' });
  const classes = join(root, 'names.txt');
  writeFileSync(classes, 'red\ngreen');
  await refused(/names 2 classes, and the network has 3/, PLAIN, { preset: 'unit', classes });
  await refused(/cannot be read: give a file of class names/, PLAIN, {
    preset: 'unit',
    classes: join(root, 'away.txt'),
  });
  await refused(/no output “logit”: choose one of logits/, PLAIN, { preset: 'unit', output: 'logit' });
  writeFileSync(classes, 'hand\nfoot\nhead');
  await refused(/None of its 3 classes .* say which corresponds to which with --map/, PLAIN, {
    preset: 'unit',
    classes,
  });
  await expect(bring(project, join(root, 'names.txt'), {}, 'classifier')).rejects.toThrow(/not an ONNX network/);
});
