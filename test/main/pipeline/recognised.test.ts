import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { at } from '../../../main/at.ts';
import { createProject, type Project } from '../../../main/catalogue/project.ts';
import { CPU } from '../../../main/engines/device.ts';
import { decodeSquare } from '../../../main/images/decode.ts';
import { fileAt } from '../../../main/images/image-locator.ts';
import { readOnnxStructure } from '../../../main/models/onnx/onnx-file.ts';
import { classifierOfRun } from '../../../main/pipeline/classifier.ts';
import { type ClassifiedImage, classifyFiles } from '../../../main/pipeline/classify.ts';
import { exportedNetwork } from '../../../main/pipeline/exported-network.ts';
import { importFolder } from '../../../main/pipeline/import-folder.ts';
import { leastEnergyIn } from '../../../main/pipeline/recognised.ts';
import { readRuns } from '../../../main/pipeline/runs.ts';
import { energiesOf } from '../../../main/training/energies.ts';
import { writeJpeg } from '../image-files.ts';
import { addTinyImages, drawTinyImages, reach, signal } from './tiny-method.ts';

const [HELD_OUT, SIZE] = [60, 16];

let root: string;
let project: Project;
let heldOut: string[];
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'understudy-recognised-'));
  project = await createProject(join(root, 'project'));
  await drawTinyImages(root);
  heldOut = Array.from({ length: HELD_OUT }, (_, place) =>
    join(root, 'test', place % 2 ? 'ant' : 'bee', `${place}.jpg`),
  );
  for (const [place, path] of heldOut.entries()) await writeJpeg(path, { seed: 100 + place });
  await addTinyImages(project, root);
  await importFolder(project, { kind: 'labelled', folder: join(root, 'test'), split: 'test' });
  await reach(project, 'evaluate');
});
afterAll(async () => {
  await project.close();
  rmSync(root, { recursive: true });
});

test.each(['teacher', 'finetune'] as const)(
  'two of a hundred held-out pictures are unlike what a %s has learnt from, as its ONNX file says in ONNX Runtime',
  async (stage) => {
    const run = (await readRuns(project)).find((one) => one.stage === stage);
    if (!run) throw new Error(`there is no ${stage}`);
    const classifier = await classifierOfRun(project, run);
    const images = heldOut.map((path) => fileAt(path));
    const found: ClassifiedImage[] = [];
    const target = { device: CPU, threads: 1 };
    await classifyFiles({ classifier, images, target, signal }, (some) => found.push(...some));
    const unlike = found.filter((image) => image.unlike).map(({ place }) => place);
    expect(unlike).toHaveLength(Math.floor(0.02 * HELD_OUT));

    const file = await exportedNetwork(classifier, { takesPixels: false, halfWeights: false });
    const { metadata } = readOnnxStructure('exported', file);
    const said = JSON.parse(metadata.get('familiarity') ?? '{}') as { output: string; least: number };
    expect(said).toMatchObject({ output: 'logits', measure: 'logSumExp' });
    const session = await InferenceSession.create(file);
    const { mean, standardDeviation } = JSON.parse(metadata.get('preprocessing') ?? '{}') as {
      readonly mean: number[];
      readonly standardDeviation: number[];
    };
    const energies: number[] = [];
    for (const image of images) {
      const pixels = await decodeSquare(image, SIZE);
      const values = new Float32Array(3 * SIZE * SIZE);
      for (const place of values.keys()) {
        const channel = Math.floor(place / SIZE ** 2);
        const level = at(pixels, 3 * (place % SIZE ** 2) + channel) / 255;
        values[place] = (level - at(mean, channel)) / at(standardDeviation, channel);
      }
      const outputs = await session.run({ images: new Tensor('float32', values, [1, 3, SIZE, SIZE]) });
      const logits = outputs[said.output]?.data as Float32Array;
      energies.push(Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0)));
    }
    await session.release();
    // A value at the threshold may fall on either side of it because of its last digit.
    const [margin, least] = [1e-4 * Math.max(1, Math.abs(said.least)), said.least];
    for (const [place, energy] of energies.entries()) {
      if (Math.abs(energy - least) > margin) expect(unlike.includes(place), `picture ${place}`).toBe(energy < least);
    }
  },
);

test('of a few held-out pictures, or where a network says no number, nothing is claimed', () => {
  const many = Float32Array.from({ length: 100 }, (_, place) => 100 - place);
  expect(leastEnergyIn(many)).toBe(3);
  expect(leastEnergyIn(many.subarray(0, 24))).toBeUndefined();
  expect(leastEnergyIn(Float32Array.from(many, (energy) => (energy === 7 ? Number.NaN : energy)))).toBeUndefined();
});

test('an energy is right however large the logits are, and what a batch is padded with does not count', () => {
  const [first, second] = energiesOf(Float32Array.of(1000, 1000, -3, 2, 9, 9), 2, 2);
  expect(first).toBeCloseTo(1000 + Math.log(2), 3);
  expect(second).toBeCloseTo(Math.log(Math.exp(-3) + Math.exp(2)), 5);
});
