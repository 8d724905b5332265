/**
 * Weights from elsewhere: how a file is interpreted, what happens to its classifier, and how trainings start from it.
 */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createProject, type Project } from '../../../main/catalogue/project.ts';
import { describeModel, loadModel } from '../../../main/models/checkpoint.ts';
import { imagenetClasses } from '../../../main/models/imagenet-classes.ts';
import { type NetworkConfig, parameterShapes } from '../../../main/models/network.ts';
import { presets } from '../../../main/models/onnx/preprocessing.ts';
import { referenceWeights } from '../../../main/models/reference-weights.ts';
import { type StoredTensor, writeSafetensors } from '../../../main/models/safetensors.ts';
import { describeStart, loadStart } from '../../../main/models/starting-weights.ts';
import { bring } from '../../../main/pipeline/bring-teacher.ts';
import { checkProject } from '../../../main/pipeline/check-project.ts';
import { importFolder } from '../../../main/pipeline/import-folder.ts';
import { lastRecipe } from '../../../main/pipeline/kept-recipe.ts';
import { lookAtFile } from '../../../main/pipeline/look-at-file.ts';
import { runMethod } from '../../../main/pipeline/method.ts';
import { openWorkspace } from '../../../main/pipeline/open-workspace.ts';
import { plannedRuns } from '../../../main/pipeline/planned-runs.ts';
import { previewRecipe } from '../../../main/pipeline/preview-recipe.ts';
import { StoredDataDamaged } from '../../../main/stored-data.ts';
import { writeJpeg } from '../image-files.ts';
import { drawnProject } from './drawn-project.ts';

const body = { block: 'basic', layers: [1, 1], width: 16, groups: 1, widthPerGroup: 64, stem: 'small' } as const;
/** Two of them are also ImageNet's, by one of their synonyms. */
const CLASSES = ['goldfish', 'tinca_tinca', 'wolpertinger'];
const TINY = [
  ...['imageSizePx=16', 'batch=8', 'label.topP=1', 'select.k=4', 'student.model=small-basic', 'student.width=16'],
  ...['teacher.training.images=16', 'supervised.training.images=16', 'pretrain.images=16', 'finetune.images=16'],
];

let root: string;
let project: Project;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'understudy-start-'));
  project = await drawnProject(root, CLASSES, 4);
});
afterAll(async () => {
  await project.close();
  rmSync(root, { recursive: true });
});

type Tensors = [string, StoredTensor][];

/** As written by other programs: names and numbers, without their meaning. */
async function fileOf(name: string, classes: number, change = (tensors: Tensors): Tensors => tensors) {
  const network: NetworkConfig = { ...body, classes };
  const weights = referenceWeights(network);
  const tensors = [...parameterShapes(network)].map(([tensor, shape]): [string, StoredTensor] => {
    return [tensor, { shape, data: weights.get(tensor) ?? new Float32Array() }];
  });
  const file = join(root, name);
  await writeSafetensors(file, new Map(change(tensors)), { format: 'pt' });
  return { file, weights };
}

const renamed = (tensors: Tensors, rename: (name: string) => string): Tensors =>
  tensors.map(([name, tensor]) => [rename(name), tensor]);

async function opened(...set: readonly string[]) {
  const { signal } = new AbortController();
  return await openWorkspace(project, { device: 'cpu', set: [...TINY, ...set] }, { signal, tell: () => {} });
}

/** The name of each training of the method. */
async function runNames(...set: readonly string[]) {
  const { resolved, sets } = await previewRecipe(project, 'demo', [...TINY, ...set]);
  if (!resolved || !sets) throw new Error('the project is not ready');
  return (await plannedRuns(project, resolved, sets, 'evaluate')).map(({ id }) => id);
}

test('a body is known with any classifier, without one, and inside of whatever it was trained in', async () => {
  const network = { ...body, classes: 1 };
  const headless = (tensors: Tensors) => tensors.filter(([name]) => !name.startsWith('fc.'));
  const files = {
    'other-head.safetensors': (tensors: Tensors) => renamed(tensors, (name) => name.replace('fc.', 'linear.')),
    'backbone.safetensors': (tensors: Tensors) => renamed(headless(tensors), (name) => `backbone.${name}`),
    'projector.safetensors': (tensors: Tensors): Tensors => [
      ...renamed(headless(tensors), (name) => `module.${name}`),
      ['module.fc.0.weight', { shape: [32, 32], data: new Float32Array(1024) }],
      ['module.fc.2.weight', { shape: [8, 32], data: new Float32Array(256) }],
    ],
  };
  for (const [name, change] of Object.entries(files)) {
    const { file, weights } = await fileOf(name, 7, change);
    const found = await describeStart(file);
    const hasHead = name === 'other-head.safetensors';
    expect(found, name).toMatchObject({ hasHead, network: { ...network, classes: hasHead ? 7 : 1 } });
    const loaded = await loadStart(file, { ...network, classes: 7 }, hasHead ? [0, 1, 2, 3, 4, 5, 6] : undefined, 1);
    expect([...loaded.keys()]).toEqual([...parameterShapes({ ...network, classes: 7 }).keys()]);
    for (const [tensor, values] of loaded) {
      if (hasHead || !tensor.startsWith('fc.')) expect(values, tensor).toEqual(weights.get(tensor));
    }
  }
  const { file } = await fileOf('attention.safetensors', 7, (tensors) => [
    ...headless(tensors),
    ['layer1.0.se.fc1.weight', { shape: [1], data: Float32Array.of(1) }],
  ]);
  await expect(describeStart(file)).rejects.toThrow(/it has a tensor “layer1\.0\.se\.fc1\.weight”/);
});

test('shortcuts without parameters become convolutions that do the same', async () => {
  const { file } = await fileOf('option-a.safetensors', 7, (tensors) =>
    tensors.filter(([name]) => !name.includes('downsample')),
  );
  const loaded = await loadStart(file, { ...body, classes: 7 }, undefined, 1);
  const shortcut = loaded.get('layer2.0.downsample.0.weight') ?? new Float32Array();
  // [32, 16, 1, 1]: eight channels of zeros before and after.
  for (let output = 0; output < 32; output++) {
    const row = Array.from(shortcut.subarray(16 * output, 16 * (output + 1)));
    expect(row.indexOf(1)).toBe(output >= 8 && output < 24 ? output - 8 : -1);
    expect(row.reduce((sum, value) => sum + Math.abs(value))).toBe(output >= 8 && output < 24 ? 1 : 0);
  }
  const variance = loaded.get('layer2.0.downsample.1.running_var')?.[0] ?? 0;
  expect(1 / Math.sqrt(variance + 1e-5)).toBeCloseTo(1, 6);
});

test('a thousand classes are no reason to refuse a file: it is what training begins from, with a fresh classifier', async () => {
  const { file, weights } = await fileOf('thousand.safetensors', 1000);
  const brought = await bring(project, file, {});
  expect(brought.kind).toBe('start');
  expect(brought.sentences.join(' ')).toContain(
    'the classifier of 1000 classes in thousand.safetensors is replaced by a fresh one of 3, because it knows no class',
  );
  const { workspace, collection } = await opened('teacher.tuning.trainedStages=0', 'supervised.enabled=false');
  expect(workspace.recipe.teacher.start?.network).toEqual({ ...body, classes: 3 });
  const { teacher } = await runMethod(workspace, collection, 'teacher');
  const model = await loadModel(project.path('runs', teacher.id, 'model.safetensors'));
  expect(model.classNames).toEqual(collection.classNames);
  for (const [name, values] of model.weights) {
    if (!name.startsWith('fc.')) expect(values, name).toEqual(weights.get(name));
  }
  expect(model.weights.get('fc.weight')).toHaveLength(3 * 32);
});

test('a classifier that knows the classes by name stays, also out of a thousand', async () => {
  const { file, weights } = await fileOf('imagenet.safetensors', 1000);
  const { project: other, done } = await projectOf(['goldfish', 'tinca_tinca']);
  try {
    const brought = await bring(other, file, {}, 'start');
    expect(brought.sentences[0]).toContain('the classifier in imagenet.safetensors is kept');
    const { resolved } = await previewRecipe(other, undefined, []);
    expect(imagenetClasses.slice(0, 2).map(([name]) => name)).toEqual(['tench', 'goldfish']);
    expect(resolved?.student.start?.headRows).toEqual([1, 0]);
    expect(resolved?.student.tuning?.headRateFactor).toBe(1);
    const whole = await bring(other, file, {});
    expect(whole.kind).toBe('network');
    const teacher = await loadModel(other.path('runs', whole.id, 'model.safetensors'));
    const row = (output: number) => weights.get('fc.weight')?.slice(32 * output, 32 * (output + 1));
    expect(teacher.weights.get('fc.weight')?.slice(0, 32)).toEqual(row(1));
    expect(teacher.weights.get('fc.weight')?.slice(32)).toEqual(row(0));
  } finally {
    await done();
  }
});

/** With only these classes. */
async function projectOf(classes: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-start-'));
  const made = await createProject(join(folder, 'project'));
  for (const name of classes) {
    for (let index = 0; index < 3; index++)
      await writeJpeg(join(folder, 'labelled', name, `${index}.jpg`), { seed: name.length + index });
  }
  await writeJpeg(join(folder, 'unlabelled', '0.jpg'), { seed: 3 });
  await importFolder(made, { kind: 'labelled', folder: join(folder, 'labelled'), split: 'train' });
  await importFolder(made, { kind: 'unlabelled', folder: join(folder, 'unlabelled'), split: null });
  const done = async () => {
    await made.close();
    rmSync(folder, { recursive: true });
  };
  return { project: made, done };
}

test('the student, its baseline and its pre-training begin from the same, and the fine-tuning from the pre-training', async () => {
  const { file } = await fileOf('half.safetensors', 12, (tensors) => renamed(tensors, (name) => `module.${name}`));
  const { id } = await bring(project, file, { preset: 'half' }, 'student-start');
  expect((await lastRecipe(project)).student.startFrom).toBe(id);
  const { workspace, collection } = await opened(
    'teacher.startFrom=null',
    'teacher.model=small-basic',
    'supervised.enabled=true',
    'teacher.width=16',
  );
  expect(workspace.recipe.student).toMatchObject({ tuning: { trainedStages: 'all', headRateFactor: 10 } });
  const runs = await runMethod(workspace, collection, 'evaluate');
  const preprocessing = { ...presets.half, cropShare: 1 };
  for (const stage of ['supervised', 'pretrain', 'finetune'] as const) {
    const model = await describeModel(project.path('runs', runs[stage]?.id ?? '', 'model.safetensors'));
    expect(model, stage).toMatchObject({ network: { ...body, classes: 3 }, preprocessing });
  }
  expect(Object.values(runs.evaluate?.metrics ?? {}).every(Number.isFinite)).toBe(true);
});

test("the names of runs hold the file's content and how it is shown pictures; without it they are as they were", async () => {
  const before = await runNames('teacher.startFrom=null', 'student.startFrom=null');
  const { file } = await fileOf('named.safetensors', 12);
  const copy = join(root, 'renamed.safetensors');
  copyFileSync(file, copy);
  const first = await runNames(`student.startFrom=${file}`);
  expect(await runNames(`student.startFrom=${copy}`)).toEqual(first);
  expect(first.slice(0, 3)).toEqual(before.slice(0, 3));
  expect(first.slice(3).filter((id) => before.includes(id))).toEqual([]);
  const { id } = await bring(project, file, { preset: 'clip' }, 'student-start');
  expect((await runNames(`student.startFrom=${id}`))[3]).not.toBe(first[3]);
  const tuned = await runNames(`student.startFrom=${file}`, 'student.tuning.trainedStages=1');
  expect(tuned[3]).not.toBe(first[3]);
  const changed = readFileSync(file);
  changed.writeUInt8(changed.readUInt8(changed.length - 3) ^ 1, changed.length - 3);
  writeFileSync(copy, changed);
  expect((await runNames(`student.startFrom=${copy}`))[3]).not.toBe(first[3]);
});

/** What `understudy check` finds. */
async function damages(): Promise<string[]> {
  const found: string[] = [];
  for await (const verdict of checkProject(project, new AbortController().signal)) {
    if (verdict.state === 'damaged') found.push(verdict.what);
  }
  return found;
}

test('impossible settings are refused in one sentence that says what to do', async () => {
  const { file } = await fileOf('refused.safetensors', 12);
  const { id } = await bring(project, file, {}, 'start');
  await expect(opened('teacher.tuning.trainedStages=3')).rejects.toThrow(
    'teacher.tuning.trainedStages is 3, but the network in refused.safetensors has 2 stages: choose at most that many, or all.',
  );
  await expect(opened('student.startFrom=null', 'student.tuning.trainedStages=0')).rejects.toThrow(
    /no weights were brought: set student\.startFrom/,
  );
  await expect(opened('student.startFrom=weights-000000000000')).rejects.toThrow(
    /no weights “weights-000000000000” in this project: use one of weights-/,
  );
  await expect(bring(project, file, {}, 'teacher')).rejects.toThrow(
    /tells 12 other classes apart.*begin the teacher's training/,
  );
  const content = project.path('weights', id, 'weights');
  writeFileSync(content, 'something else');
  const { workspace, collection } = await opened();
  await expect(runMethod(workspace, collection, 'teacher')).rejects.toThrow(StoredDataDamaged);
  expect(await damages()).toEqual([expect.stringContaining('The file of weights refused.safetensors')]);
  await bring(project, file, {}, 'start');
  expect(await damages()).toEqual([]);
});

test('a file is looked at before it is brought: what it is, what it can be, what becomes of its classifier', async () => {
  const { file } = await fileOf('looked-at.safetensors', 12);
  const look = await lookAtFile(project, file);
  expect(look).toMatchObject({
    ...{ file: 'looked-at.safetensors', preset: 'imagenet', sure: false },
    canBe: ['start', 'teacher-start', 'student-start'],
  });
  expect(look.sentences.join(' ')).toMatch(
    /ResNet or ResNeXt: [0-9,]+ parameters, 12 classes without names, made for about 32 pixels\. The classifier of 12 classes/,
  );
  const three = await fileOf('three.safetensors', 3);
  // As many classes as the project has, but nothing says that they are the same.
  expect((await lookAtFile(project, three.file)).canBe).toEqual(['start', 'teacher-start', 'student-start', 'teacher']);
});
