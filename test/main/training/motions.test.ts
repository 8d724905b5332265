/**
 * Clips of four motions, about which a single frame says nothing: a network for clips learns to distinguish them, one
 * for pictures only guesses. The same at a larger scale, with the benefit of unlabelled clips, is in docs/science.md.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { at } from '../../../main/at.ts';
import { CPU } from '../../../main/engines/device.ts';
import { onnxRuntimeEngine } from '../../../main/engines/onnxruntime/onnxruntime-engine.ts';
import { buildPixelCache } from '../../../main/images/build-pixel-cache.ts';
import { openPixelCache } from '../../../main/images/pixel-cache.ts';
import { pixelCacheName } from '../../../main/images/squares.ts';
import { architecture } from '../../../main/models/family.ts';
import type { NetworkConfig } from '../../../main/models/network.ts';
import { cacheImage } from '../../../main/pipeline/locate-image.ts';
import { batchesHere } from '../../../main/training/batch-source.ts';
import { cachedFrames } from '../../../main/training/frames-shown.ts';
import { predict } from '../../../main/training/predict.ts';
import { topClasses } from '../../../main/training/top-classes.ts';
import { train } from '../../../main/training/train.ts';
import type { TrainRequest } from '../../../main/training/train-request.ts';
import { writeMotions } from '../images/motion-files.ts';
import { MOTIONS, motionClip } from '../images/motions.ts';

const SIZE_PX = 12;
const FRAMES = 4;
const SHAPE = { sizePx: SIZE_PX, frames: cachedFrames(FRAMES), noise: 8 };
const EACH = 16;
const SQUARES = { sizePx: SIZE_PX, filter: 'linear', frames: SHAPE.frames } as const;

let root: string;
let cacheDirectory: string;
/** Those for training and those for evaluation. */
const ids = { trained: new Int32Array(), asked: new Int32Array() };
const motionOf = (id: number) => id % MOTIONS.length;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'understudy-motions-'));
  cacheDirectory = join(root, pixelCacheName(SQUARES));
  const folder = join(root, 'clips');
  await writeMotions(folder, { each: 2 * EACH, first: 0, labelled: false }, SHAPE, 1);
  const images = readdirSync(folder).map((relativePath) => {
    const { size: bytes, mtimeMs: modifiedMs } = statSync(join(folder, relativePath));
    const id = Number.parseInt(relativePath, 10);
    return cacheImage({ id, folder, relativePath, bytes, modifiedMs, format: 'animated webp' });
  });
  await buildPixelCache({ directory: cacheDirectory, ...SQUARES, images });
  const all = Int32Array.from(images, ({ id }) => id);
  ids.trained = all.filter((id) => id < EACH * MOTIONS.length);
  ids.asked = all.filter((id) => id >= EACH * MOTIONS.length);
});
afterAll(() => rmSync(root, { recursive: true }));

/** The accuracy on the clips that it was not trained on. */
async function learnt(name: string, network: NetworkConfig, images: number): Promise<number> {
  const runDirectory = join(root, `run-${name}`);
  mkdirSync(runDirectory);
  const data = { cacheDirectory, cacheSizePx: SIZE_PX };
  const request: TrainRequest = {
    ...{
      target: { device: CPU, threads: 2 },
      network,
      imageSizePx: SIZE_PX,
      batch: 16,
      imagesAtOnce: undefined,
      images,
    },
    ...{ seed: 3, runDirectory, classNames: MOTIONS, provenance: {}, checkpointEveryMs: 60_000 },
    data: { ...data, imageIds: ids.trained, classIds: ids.trained.map(motionOf) },
    optimiser: { momentum: 0.9, weightDecay: 5e-4, nesterov: true },
    schedule: { kind: 'oneCycle', peakRate: 0.1, warmupShare: 0.15 },
    augmentation: { crop: { kind: 'reflectPad', paddingPx: 2 }, horizontalFlip: false },
    ...{ mix: undefined, labelSmoothing: 0, dropoutRate: 0, averageDecay: undefined, startFrom: undefined },
  };
  const host = { shouldStop: () => false, progressed: () => {}, openBatches: batchesHere };
  await train(request, onnxRuntimeEngine, host);
  let correct = 0;
  await predict(
    {
      ...{ target: request.target, modelPath: join(runDirectory, 'model.safetensors'), batch: 32 },
      source: { kind: 'cache', ...data, imageIds: ids.asked },
    },
    onnxRuntimeEngine,
    {
      shouldStop: () => false,
      scored: (batch) => {
        topClasses(batch, 1).classIds.forEach((answer, index) => {
          correct += Number(answer === motionOf(at(ids.asked, batch.first + index)));
        });
      },
    },
  );
  return correct / ids.asked.length;
}

test('a clip is cached as it is drawn', () => {
  const cache = openPixelCache(cacheDirectory, SIZE_PX);
  const pixels = new Uint8Array(SHAPE.frames * SIZE_PX * SIZE_PX * 3);
  cache.read(5, pixels, 0);
  cache.close();
  expect(pixels).toEqual(motionClip(at(MOTIONS, motionOf(5)), SHAPE, 1, 5));
});

test('a network for clips tells motions apart', async () => {
  const network = { ...architecture('small-clips', MOTIONS.length), width: 8, layers: [1, 1], frames: FRAMES };
  expect(await learnt('clips', network, 1280)).toBeGreaterThanOrEqual(0.9);
}, 600_000);

test('a network for pictures, which is shown one frame, does not', async () => {
  const network = { ...architecture('small-basic', MOTIONS.length), width: 8 };
  expect(await learnt('pictures', network, 1280)).toBeLessThan(0.45);
}, 600_000);
