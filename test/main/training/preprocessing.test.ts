/** A model's preprocessing is part of it: training, labelling, classifying and exporting follow its file. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { centreCrop } from '../../../main/images/augment.ts';
import { levelsOf } from '../../../main/images/normalise.ts';
import { openPixelCache } from '../../../main/images/pixel-cache.ts';
import { loadModel, saveModel } from '../../../main/models/checkpoint.ts';
import { preprocessingOf } from '../../../main/models/model-preprocessing.ts';
import { presets } from '../../../main/models/onnx/preprocessing.ts';
import { referenceWeights } from '../../../main/models/reference-weights.ts';
import { onnxModel } from '../../../main/pipeline/onnx-model.ts';
import { batchesHere } from '../../../main/training/batch-source.ts';
import { openImageReader } from '../../../main/training/image-reader.ts';
import { numbersOf } from '../../../main/training/shown-images.ts';
import { IMAGES, SIZE_PX, smallTraining } from './small-training.ts';

test('a model file keeps the model’s preprocessing; ImageNet’s is the default', async () => {
  const { request, folder } = await smallTraining();
  const { network } = request;
  const file = join(folder(), 'model.safetensors');
  const model = { network, weights: referenceWeights(network), classNames: [], imageSizePx: 64, provenance: {} };
  await saveModel(file, { ...model, preprocessing: presets.clip });
  expect((await loadModel(file)).preprocessing).toEqual(presets.clip);
  const exported = Buffer.from(onnxModel(await loadModel(file))).toString('latin1');
  expect(exported).toContain('"resizeShortSidePx":64,"interpolation":"bicubic"');
  expect(exported).toContain('"mean":[0.48145466,0.4578275,0.40821073]');
  expect(preprocessingOf(model)).toEqual({ ...presets.imagenet, cropShare: 1 });
  expect(preprocessingOf({ imageSizePx: 224 })).toEqual(presets.imagenet);
});

test('training and labelling see the numbers that the model wants', async () => {
  const { request } = await smallTraining();
  const plain = {
    ...request,
    mix: undefined,
    augmentation: { crop: { kind: 'none' }, horizontalFlip: false },
  } as const;
  const { data } = plain;
  const levels = levelsOf(presets.half);
  const preprocessing = { ...presets.half, cropShare: 1 };
  const batches = batchesHere({ ...plain, preprocessing });
  const trained = numbersOf((await batches.take(0)).images);
  await batches.close();
  const length = 3 * SIZE_PX ** 2;
  const all = new Float32Array(IMAGES * length);
  const reader = openImageReader({ kind: 'cache', ...data }, { imageSizePx: SIZE_PX, preprocessing });
  await reader.fill(0, IMAGES, all);
  reader.close();
  const cache = openPixelCache(data.cacheDirectory, SIZE_PX);
  const wanted = new Float32Array(length);
  const pixels = new Uint8Array(length);
  cache.read(3, pixels, 0);
  cache.close();
  centreCrop(pixels, SIZE_PX, wanted, 0, SIZE_PX, levels);
  expect(wanted[0]).toBeCloseTo((pixels[0] ?? 0) / 127.5 - 1, 6);
  expect(all.slice(3 * length, 4 * length)).toEqual(wanted);
  const labelled = Array.from({ length: IMAGES }, (_, id) => all.slice(id * length, (id + 1) * length).join());
  expect(labelled).toContain(trained.slice(0, length).join());
});
