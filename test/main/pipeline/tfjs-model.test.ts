/**
 * An exported network in TensorFlow.js: loaded by its own converter library, computed by its own backend, compared with
 * our engine.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it, test } from 'vitest';
import { CPU } from '../../../main/engines/device.ts';
import { onnxRuntimeEngine } from '../../../main/engines/onnxruntime/onnxruntime-engine.ts';
import { saveModel } from '../../../main/models/checkpoint.ts';
import { architecture } from '../../../main/models/family.ts';
import { presets } from '../../../main/models/onnx/preprocessing.ts';
import { inferenceProgram } from '../../../main/models/programs.ts';
import { referenceWeights } from '../../../main/models/reference-weights.ts';
import { exportedNetwork } from '../../../main/pipeline/exported-network.ts';
import { writeTfjsModel } from '../../../main/pipeline/tfjs-model.ts';
import { CounterRandom } from '../../../main/random.ts';

const root = mkdtempSync(join(tmpdir(), 'understudy-tfjs-'));
const [SIZE, CLASSES] = [32, 5];

beforeAll(async () => {
  await tf.setBackend('cpu');
});
afterAll(() => rmSync(root, { recursive: true }));

/** Each family, with groups, and one with three weight files whose first layers are those for large images. */
const networks = {
  basic: architecture('small-basic', CLASSES),
  grouped: architecture('small-grouped', CLASSES),
  large: { ...architecture('resnet18', CLASSES), width: 32 },
  convnext: architecture('small-convnext', CLASSES),
  vit: architecture('small-vit', CLASSES),
} as const;
type Name = keyof typeof networks;

async function exported(name: Name, takesPixels: boolean) {
  const network = networks[name];
  const weights = referenceWeights(network);
  const model = join(root, `${name}.safetensors`);
  const classNames = Array.from({ length: CLASSES }, (_, output) => `class ${output}`);
  await saveModel(model, { network, weights, classNames, imageSizePx: SIZE, provenance: {} });
  const folder = join(root, `${name}-${takesPixels}`);
  mkdirSync(folder);
  const bytes = await writeTfjsModel({ modelPath: model }, takesPixels, folder);
  return { folder, bytes, network, weights };
}

/** As a browser would load it, except for the source of the files. */
async function loaded(folder: string) {
  const { modelTopology, weightsManifest, ...rest } = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'));
  const [{ paths, weights: weightSpecs }] = weightsManifest as [
    { paths: string[]; weights: tf.io.WeightsManifestEntry[] },
  ];
  const all = Buffer.concat(paths.map((path) => readFileSync(join(folder, path))));
  const weightData = all.buffer.slice(all.byteOffset, all.byteOffset + all.length) as ArrayBuffer;
  return await loadGraphModel({ load: async () => ({ ...rest, modelTopology, weightSpecs, weightData }) });
}

/** [N, 3, size, size] → [N, size, size, 3]. */
function channelsLast(images: Float32Array, batch: number): Float32Array {
  const places = SIZE * SIZE;
  return Float32Array.from(images, (_, index) => {
    const [place, channel] = [Math.floor(index / 3) % places, index % 3];
    const image = Math.floor(index / (3 * places));
    return image < batch ? (images[(image * 3 + channel) * places + place] ?? Number.NaN) : Number.NaN;
  });
}

async function wanted(name: Name, images: Float32Array, batch: number) {
  const network = networks[name];
  const program = inferenceProgram({ network, batch, imageSizePx: SIZE });
  const engine = await onnxRuntimeEngine.prepare(program, referenceWeights(network), { device: CPU });
  const found = await engine.run(new Map([['images', images]]));
  await engine.dispose();
  return found;
}

it.each(Object.keys(networks) as Name[])(
  '%s says in TensorFlow.js what it says here, for any number of images',
  async (name) => {
    const { folder, bytes } = await exported(name, false);
    const files = readdirSync(folder);
    expect(files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0)).toBe(bytes);
    for (const file of files)
      if (file !== 'model.json') expect(statSync(join(folder, file)).size).toBeLessThanOrEqual(2 ** 22);
    const model = await loaded(folder);
    for (const batch of [1, 2]) {
      const random = new CounterRandom(8, batch);
      const images = Float32Array.from({ length: batch * 3 * SIZE ** 2 }, () => random.normal());
      const input = tf.tensor4d(channelsLast(images, batch), [batch, SIZE, SIZE, 3]);
      const [logits, probabilities] = model.execute({ images: input }, ['logits', 'probabilities']) as [
        tf.Tensor,
        tf.Tensor,
      ];
      const right = await wanted(name, images, batch);
      for (const [output, found] of Object.entries({ logits, probabilities })) {
        expect(found.shape).toEqual([batch, CLASSES]);
        const expected = right.get(output) ?? new Float32Array();
        const largest = Math.max(...expected.map(Math.abs));
        (await found.data()).forEach((value, index) => {
          expect(Math.abs(value - (expected[index] ?? Number.NaN)), output).toBeLessThan(1e-4 * Math.max(1, largest));
        });
      }
    }
    model.dispose();
  },
);

test('with its preprocessing inside it takes pixels as a browser has them, and says what it knows of itself', async () => {
  const { folder } = await exported('basic', true);
  const model = await loaded(folder);
  const random = new CounterRandom(3, 1);
  const pixels = Int32Array.from({ length: 3 * SIZE ** 2 }, () => Math.floor(random.uniform() * 256));
  const found = model.execute({ pixels: tf.tensor4d(pixels, [1, SIZE, SIZE, 3], 'int32') }, 'logits') as tf.Tensor;
  const { mean, deviation } = presets.imagenet;
  const places = SIZE * SIZE;
  const images = Float32Array.from({ length: 3 * places }, (_, index) => {
    const channel = Math.floor(index / places);
    const level = pixels[(index % places) * 3 + channel] ?? Number.NaN;
    return (level / 255 - (mean[channel] ?? 0)) / (deviation[channel] ?? 1);
  });
  const expected = (await wanted('basic', images, 1)).get('logits') ?? [];
  (await found.data()).forEach((value, index) => {
    expect(value).toBeCloseTo(expected[index] ?? Number.NaN, 4);
  });
  expect(model.metadata).toMatchObject({
    classNames: ['class 0', 'class 1', 'class 2', 'class 3', 'class 4'],
    preprocessing: { centreCropPx: SIZE, layout: 'NHWC' },
  });
  model.dispose();
});

test('what cannot be written leaves nothing behind', async () => {
  const { folder } = await exported('grouped', true);
  const model = join(root, 'grouped.safetensors');
  // The folder is no longer empty: it is not replaced.
  await expect(writeTfjsModel({ modelPath: model }, true, folder)).rejects.toThrow();
  expect(existsSync(`${folder}.tmp`)).toBe(false);
  expect(readdirSync(folder)).toContain('model.json');
});

test('a network of clips is refused in a sentence, for TensorFlow.js and where an ONNX file is to take pixels', async () => {
  const network = { ...architecture('small-clips', CLASSES), width: 4 };
  const model = join(root, 'clips.safetensors');
  const classNames = Array.from({ length: CLASSES }, (_, output) => `class ${output}`);
  await saveModel(model, { network, weights: referenceWeights(network), classNames, imageSizePx: 16, provenance: {} });
  await expect(writeTfjsModel({ modelPath: model }, false, root)).rejects.toThrow('export it as ONNX (--what onnx)');
  const unknown = { temperature: undefined, leastEnergy: undefined };
  const classifier = { kind: 'network', modelPath: model, classNames, ...unknown } as const;
  const options = { halfWeights: false } as const;
  await expect(exportedNetwork(classifier, { ...options, takesPixels: true })).rejects.toThrow('without --pixels');
  expect((await exportedNetwork(classifier, { ...options, takesPixels: false })).length).toBeGreaterThan(1000);
});
