/**
 * Training that starts from brought weights, on real pictures: `pretrained-things.pth` learnt bolts, chairs, fish,
 * leaves and mugs (800 drawings of 32 pixels, 1,000 steps, 99 % accuracy) and was saved by PyTorch 1.13 in half
 * precision, under `module.`. Measured here: 48 % from random weights; 74 % with only its head trained, 75 % with the
 * last stage too, 69 % with everything (120 held-out pictures).
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createProject, type Project } from '../../../main/catalogue/project.ts';
import { photograph } from '../../../main/images/sample/scene.ts';
import { sampleClasses } from '../../../main/images/sample/shapes.ts';
import { loadModel } from '../../../main/models/checkpoint.ts';
import { loadStart } from '../../../main/models/starting-weights.ts';
import { importFolder } from '../../../main/pipeline/import-folder.ts';
import { runMethod } from '../../../main/pipeline/method.ts';
import { evaluationOf } from '../../../main/pipeline/metrics.ts';
import { openWorkspace } from '../../../main/pipeline/open-workspace.ts';
import { outputsOf } from '../../../main/pipeline/outputs-of.ts';
import { predictorOf } from '../../../main/pipeline/predictor.ts';
import { rehearsalText, rehearse } from '../../../main/pipeline/rehearsal.ts';
import { valueAt } from '../../../main/value-at.ts';

const BROUGHT = join(import.meta.dirname, '../../fixtures/pytorch/pretrained-things.pth');
/** It has seen none of these. */
const THINGS = ['glasses', 'key', 'mushroom'] as const;
const LABELLED = 8;
const HELD_OUT = 40;

let root: string;
let project: Project;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'understudy-begun-'));
  project = await createProject(join(root, 'project'));
  const draw = async (folder: string, thing: string, count: number, seed: number) => {
    mkdirSync(join(root, folder, thing), { recursive: true });
    for (let index = 0; index < count; index++) {
      // All in one hue, so that only the form distinguishes them.
      const drawn = { ...valueAt(new Map(Object.entries(sampleClasses)), thing), usualHue: 200 };
      const picture = await photograph(drawn, { sizePx: 32, seed: seed + index });
      writeFileSync(join(root, folder, thing, `${index}.jpg`), picture);
    }
  };
  for (const [index, thing] of THINGS.entries()) {
    await draw('labelled', thing, LABELLED, 1000 * (index + 1));
    await draw('test', thing, HELD_OUT, 1000 * (index + 1) + 500);
  }
  await draw('unlabelled', 'key', 1, 9000);
  await importFolder(project, { kind: 'labelled', folder: join(root, 'labelled'), split: 'train' });
  await importFolder(project, { kind: 'labelled', folder: join(root, 'test'), split: 'test' });
  await importFolder(project, { kind: 'unlabelled', folder: join(root, 'unlabelled'), split: null });
});
afterAll(async () => {
  await project.close();
  rmSync(root, { recursive: true });
});

async function opened(settings: readonly string[]) {
  const set = [
    ...['imageSizePx=32', 'batch=8', 'label.topP=1', 'select.k=1', 'teacher.training.images=480', 'engine.threads=1'],
    ...settings,
  ];
  const { signal } = new AbortController();
  return await openWorkspace(project, { recipe: 'default', device: 'cpu', set }, { signal, tell: () => {} });
}

/** A teacher of 60 steps, and its accuracy on the held-out pictures. */
async function teacher(...settings: readonly string[]) {
  const { workspace, collection } = await opened(settings);
  const run = (await runMethod(workspace, collection, 'teacher')).teacher;
  const { weights, network } = await loadModel(project.path('runs', run.id, 'model.safetensors'));
  const { imageIds, classIds } = collection.heldOut;
  const probabilities = new Float32Array(imageIds.length * network.classes);
  const predict = await predictorOf(workspace, collection, run);
  await predict(imageIds, (scored) => probabilities.set(scored.probabilities, scored.first * network.classes));
  const { top1 } = evaluationOf(probabilities, outputsOf(collection, classIds), network.classes);
  return { weights, network, top1 };
}

const begun = [`teacher.startFrom=${BROUGHT}`];

test('its head alone, its last stage or all of it learns new things, better than from random weights in as many steps', async () => {
  const random = await teacher('teacher.model=small-basic', 'teacher.width=16');
  const variants = {
    head: await teacher(...begun, 'teacher.tuning.trainedStages=0'),
    last: await teacher(...begun, 'teacher.tuning.trainedStages=1'),
    frozen: await teacher(...begun, 'teacher.tuning.frozenStatistics=true'),
    all: await teacher(...begun),
  };
  const { network } = variants.all;
  expect(network).toEqual(random.network);
  const brought = await loadStart(BROUGHT, network, undefined, 0);
  const moves: Record<keyof typeof variants, RegExp> = {
    head: /^fc\./,
    last: /^(?:layer3|fc)\./,
    frozen: /^(?!.*running_)/,
    all: /^/,
  };
  for (const [name, { weights }] of Object.entries(variants)) {
    const may = moves[name as keyof typeof variants];
    for (const [tensor, values] of weights) {
      if (may.test(tensor)) expect(values, `${name} ${tensor}`).not.toEqual(brought.get(tensor));
      else expect(values, `${name} ${tensor}`).toEqual(brought.get(tensor));
    }
  }
  for (const [name, { top1 }] of Object.entries(variants)) expect(top1, name).toBeGreaterThan(random.top1 + 0.1);
});

test('a rehearsal says what to expect, from pictures that it left out, and keeps nothing', async () => {
  const { workspace, collection } = await opened([...begun, 'teacher.training.images=4000']);
  const before = readdirSync(project.path('runs'));
  const rehearsal = await rehearse(workspace, collection);
  const [low, high] = rehearsal.interval;
  expect(rehearsal).toMatchObject({ trainedOn: 18, leftOut: 6, images: 1600, imagesInFull: 4000 });
  expect(rehearsal.top1).toBeGreaterThan(1 / 3);
  expect(low).toBeLessThan(rehearsal.top1);
  expect(high).toBeGreaterThanOrEqual(rehearsal.top1);
  expect(rehearsalText(rehearsal)).toMatch(
    /^After 1,600 images in \d+ s, learning from 18 labelled pictures, the teacher is right on \d+ % of 6 others/,
  );
  expect(readdirSync(project.path('runs'))).toEqual(before);
});
