import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { at } from '../../../main/at.ts';
import { createProject, type Project } from '../../../main/catalogue/project.ts';
import { CPU } from '../../../main/engines/device.ts';
import { decodeSquare } from '../../../main/images/decode.ts';
import { fileAt } from '../../../main/images/image-locator.ts';
import { readOnnxStructure } from '../../../main/models/onnx/onnx-file.ts';
import { type Classifier, classifierOfRun } from '../../../main/pipeline/classifier.ts';
import { type ClassifiedImage, classifyFiles } from '../../../main/pipeline/classify.ts';
import { exportedNetwork } from '../../../main/pipeline/exported-network.ts';
import { importFolder } from '../../../main/pipeline/import-folder.ts';
import { ListedImages } from '../../../main/pipeline/listed-images.ts';
import { leastEnergyIn } from '../../../main/pipeline/recognised.ts';
import { readRuns } from '../../../main/pipeline/runs.ts';
import { energiesOf } from '../../../main/training/energies.ts';
import { writeJpeg } from '../image-files.ts';
import { addTinyImages, drawTinyImages, reach, signal } from './tiny-method.ts';

const [HELD_OUT, SIZE] = [60, 16];

let root: string;
const projects: Project[] = [];
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'understudy-recognised-'));
});
afterAll(async () => {
  for (const project of projects) await project.close();
  rmSync(root, { recursive: true });
});

/** A finished comparison on 60 held-out pictures, with so many more labelled ones. */
async function compared(name: string, moreLabelled: number): Promise<{ project: Project; heldOut: string[] }> {
  const folder = join(root, name);
  const project = await createProject(join(folder, 'project'));
  projects.push(project);
  await drawTinyImages(folder);
  const pictures = (of: string, count: number) =>
    Array.from({ length: count }, (_, place) => join(folder, of, place % 2 ? 'ant' : 'bee', `more-${place}.jpg`));
  const heldOut = pictures('test', HELD_OUT);
  for (const [place, path] of [...heldOut, ...pictures('labelled', moreLabelled)].entries()) {
    await writeJpeg(path, { seed: 100 + place });
  }
  await addTinyImages(project, folder);
  await importFolder(project, { kind: 'labelled', folder: join(folder, 'test'), split: 'test' });
  await reach(project, 'evaluate');
  return { project, heldOut };
}

/** How an exported file says which pictures are familiar; `unlikely` grows with what is unlike them. */
const TOLD = {
  distance: {
    moreLabelled: 60,
    said: z.object({ output: z.literal('distance'), measure: z.literal('mahalanobis'), most: z.number() }),
    unlikely: (output: Float32Array) => at(output, 0),
    limit: (said: { readonly most?: number; readonly least?: number }) => said.most ?? Number.NaN,
  },
  energy: {
    moreLabelled: 0,
    said: z.object({ output: z.literal('logits'), measure: z.literal('logSumExp'), least: z.number() }),
    unlikely: (output: Float32Array) => -Math.log(output.reduce((sum, logit) => sum + Math.exp(logit), 0)),
    limit: (said: { readonly most?: number; readonly least?: number }) => -(said.least ?? Number.NaN),
  },
} as const;

test.each([
  ['teacher', 'distance'],
  ['finetune', 'distance'],
  ['finetune', 'energy'],
] as const)(
  'two of a hundred held-out pictures are unlike what a %s has learnt from by their %s, as its ONNX file says in ONNX Runtime',
  async (stage, by) => {
    const { moreLabelled, said: schema, unlikely, limit } = TOLD[by];
    const { project, heldOut } = await compared(`${stage}-${by}`, moreLabelled);
    const run = (await readRuns(project)).find((one) => one.stage === stage);
    if (!run) throw new Error(`there is no ${stage}`);
    const classifier = await classifierOfRun(project, run);
    const images = heldOut.map((path) => fileAt(path));
    const found: ClassifiedImage[] = [];
    const target = { device: CPU, threads: 1 };
    await classifyFiles({ classifier, images, target, signal }, (some) => found.push(...some));
    await requireSameInParts(classifier, heldOut, found);
    const unlike = found.filter((image) => image.unlike).map(({ place }) => place);
    expect(unlike).toHaveLength(Math.floor(0.02 * HELD_OUT));

    const file = await exportedNetwork(classifier, { takesPixels: false, halfWeights: false });
    const { metadata } = readOnnxStructure('exported', file);
    const said = schema.parse(JSON.parse(metadata.get('familiarity') ?? '{}'));
    const session = await InferenceSession.create(file);
    const { mean, standardDeviation } = JSON.parse(metadata.get('preprocessing') ?? '{}') as {
      readonly mean: number[];
      readonly standardDeviation: number[];
    };
    const most = limit(said);
    // A value at the limit may fall on either side of it because of its last digit.
    const margin = 1e-3 * Math.max(1, Math.abs(most));
    for (const [place, image] of images.entries()) {
      const pixels = await decodeSquare(image, SIZE);
      const values = new Float32Array(3 * SIZE * SIZE);
      for (const index of values.keys()) {
        const channel = Math.floor(index / SIZE ** 2);
        const level = at(pixels, 3 * (index % SIZE ** 2) + channel) / 255;
        values[index] = (level - at(mean, channel)) / at(standardDeviation, channel);
      }
      const outputs = await session.run({ images: new Tensor('float32', values, [1, 3, SIZE, SIZE]) });
      const answer = unlikely(outputs[said.output]?.data as Float32Array);
      if (Math.abs(answer - most) > margin) expect(unlike.includes(place), `picture ${place}`).toBe(answer > most);
    }
    await session.release();
  },
);

/** Of a list that lies in a file, in parts, and from the middle of a part on. */
async function requireSameInParts(classifier: Classifier, paths: readonly string[], all: readonly ClassifiedImage[]) {
  const list = new ListedImages(10);
  for (const path of paths) await list.add(fileAt(path));
  for (const done of [0, 34, paths.length]) {
    const [found, reported]: [ClassifiedImage[], number[]] = [[], []];
    const request = { classifier, images: list, target: { device: CPU, threads: 1 }, signal, atOnce: 32, done };
    await classifyFiles(request, (some, doneNow) => {
      found.push(...some);
      reported.push(doneNow);
    });
    expect(found).toEqual(all.slice(done));
    expect(reported.at(-1)).toBe(done === paths.length ? undefined : paths.length);
  }
  await list.close();
}

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
