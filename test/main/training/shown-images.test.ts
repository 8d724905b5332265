/**
 * A batch as pixels, once a program has turned it into numbers, equals the batch as numbers: for every augmentation, of
 * pictures and of clips.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CPU } from '../../../main/engines/device.ts';
import { onnxRuntimeEngine } from '../../../main/engines/onnxruntime/onnxruntime-engine.ts';
import { GraphBuilder } from '../../../main/graph/graph-builder.ts';
import type { Augmentation } from '../../../main/images/augment.ts';
import { buildPixelCache } from '../../../main/images/build-pixel-cache.ts';
import { pixelCacheName } from '../../../main/images/squares.ts';
import { architecture } from '../../../main/models/family.ts';
import { type ImageInputOptions, imageInput } from '../../../main/models/image-input.ts';
import { presets } from '../../../main/models/onnx/preprocessing.ts';
import { cacheImage } from '../../../main/pipeline/locate-image.ts';
import { batchesHere } from '../../../main/training/batch-source.ts';
import { openShownReader } from '../../../main/training/image-reader.ts';
import { imagesOf, imageTensors, numbersOf, type ShownImages } from '../../../main/training/shown-images.ts';
import type { TrainRequest } from '../../../main/training/train-request.ts';
import { valueAt } from '../../../main/value-at.ts';
import { writeMotions } from '../images/motion-files.ts';
import { IMAGES, SIZE_PX, smallTraining } from './small-training.ts';

const root = mkdtempSync(join(tmpdir(), 'understudy-shown-'));
afterAll(() => rmSync(root, { recursive: true }));

const jitter = { brightness: 0.3, contrast: 0.3, saturation: 0.3, hue: 0.1 };
const window: Augmentation = { crop: { kind: 'reflectPad', paddingPx: 3 }, horizontalFlip: true };
const region: Augmentation = {
  crop: { kind: 'randomResized', minimumArea: 0.1, maximumAspect: 2 },
  horizontalFlip: true,
};
const erasing = { randomErasing: { probability: 0.7, maximumArea: 0.5 } };
const preprocessing = { ...presets.clip, cropShare: 1 };

/** The numbers that a program computes from the batch. */
async function numbersMadeOf(shown: ShownImages, input: ImageInputOptions): Promise<Float32Array> {
  const graph = new GraphBuilder();
  graph.output('images', imageInput(graph, input));
  const session = await onnxRuntimeEngine.prepare(graph.build(), new Map(), { device: CPU });
  const outputs = await session.run(new Map(imageTensors(shown)));
  await session.dispose();
  return valueAt(outputs, 'images');
}

function largestDifference(found: Float32Array, wanted: Float32Array): number {
  expect(found.length).toBe(wanted.length);
  return found.reduce((most, value, index) => Math.max(most, Math.abs(value - (wanted[index] ?? Number.NaN))), 0);
}

describe.each([
  ['a window', window],
  ['a window with a hole, in other colours', { ...window, ...erasing, colourJitter: jitter }],
  ['a part of another scale', region],
  ['a part of another scale with a hole, in other colours', { ...region, ...erasing, colourJitter: jitter }],
])('%s', (_, augmentation) => {
  it('gives the same numbers for pictures', async () => {
    const { request } = await smallTraining();
    await expectAlike({ ...request, mix: undefined, augmentation, preprocessing });
  });

  it('gives the same numbers for clips, each frame alike', async () => {
    const { request } = await smallTraining();
    const frames = 3;
    const network = { ...architecture('small-clips', 4), frames };
    const data = await clips(5);
    await expectAlike({ ...request, network, mix: undefined, augmentation, imageSizePx: 12, data });
  });
});

async function expectAlike(request: TrainRequest): Promise<void> {
  const [numbers, pixels] = [false, true].map((asPixels) => batchesHere({ ...request, asPixels }));
  if (!numbers || !pixels) throw new Error('no batches');
  for (const step of [0, 1]) {
    const [wanted, shown] = [await numbers.take(step), await pixels.take(step)];
    const found = await numbersMadeOf(shown.images, imagesOf({ ...request, asPixels: true }, request.batch));
    expect(largestDifference(found, numbersOf(wanted.images))).toBeLessThan(1e-5);
    expect(shown.labels).toEqual(wanted.labels);
  }
  await numbers.close();
  await pixels.close();
}

it('labelling from pixels sees the same numbers, for a quarter of the bytes plus four lines per image', async () => {
  const { request } = await smallTraining();
  const source = { kind: 'cache', ...request.data } as const;
  const model = { network: request.network, imageSizePx: SIZE_PX - 6, preprocessing };
  const [wanted, found] = await Promise.all(
    [false, true].map(async (asPixels) => {
      const reader = openShownReader(source, model, asPixels);
      const shown = reader.empty(IMAGES);
      await reader.fill(0, IMAGES, shown);
      reader.close();
      const bytes = imageTensors(shown).reduce((sum, [, data]) => sum + data.byteLength, 0);
      return { images: await numbersMadeOf(shown, reader.inputOf(IMAGES)), bytes };
    }),
  );
  expect(wanted?.bytes).toBe(IMAGES * 4 * 3 * (SIZE_PX - 6) ** 2);
  expect(found?.bytes).toBe(IMAGES * (3 * SIZE_PX ** 2 + 4 * 4 * (SIZE_PX - 6)));
  expect(largestDifference(found?.images ?? new Float32Array(), wanted?.images ?? new Float32Array())).toBeLessThan(
    1e-5,
  );
});

it('an evaluation erases, flips and shifts nothing', async () => {
  const { request } = await smallTraining();
  const reader = openShownReader({ kind: 'cache', ...request.data }, { ...request, imageSizePx: SIZE_PX }, true);
  const { views } = reader.empty(2) as Extract<ShownImages, { kind: 'pixels' }>;
  reader.close();
  const straight = Array.from({ length: SIZE_PX }, (_, index) => index);
  const nothing = straight.map(() => 0);
  const one = [...straight, ...straight, ...nothing, ...nothing];
  expect([...views]).toEqual([...one, ...one]);
});

/** Eight clips of this many frames each, cached. */
async function clips(frames: number): Promise<TrainRequest['data']> {
  const squares = { sizePx: 16, filter: 'linear', frames } as const;
  const cacheDirectory = join(root, pixelCacheName(squares));
  const folder = join(root, 'clips');
  await writeMotions(folder, { each: 2, first: 0, labelled: false }, { sizePx: 16, frames, noise: 8 }, 1);
  const images = readdirSync(folder).map((relativePath) => {
    const { size: bytes, mtimeMs: modifiedMs } = statSync(join(folder, relativePath));
    const id = Number.parseInt(relativePath, 10);
    return cacheImage({ id, folder, relativePath, bytes, modifiedMs, format: 'animated webp' });
  });
  await buildPixelCache({ directory: cacheDirectory, ...squares, images });
  const imageIds = Int32Array.from(images, ({ id }) => id);
  return { cacheDirectory, cacheSizePx: 16, imageIds, classIds: imageIds.map((id) => id % 4) };
}
