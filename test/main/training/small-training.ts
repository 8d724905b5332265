/** A training over a few drawn images in a real pixel cache: the smallest one that is complete. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { CPU } from '../../../main/engines/device.ts';
import { buildPixelCache } from '../../../main/images/build-pixel-cache.ts';
import { architecture } from '../../../main/models/family.ts';
import { cacheImage } from '../../../main/pipeline/locate-image.ts';
import type { TrainRequest } from '../../../main/training/train-request.ts';
import { writeJpeg } from '../image-files.ts';

export const IMAGES = 20;
export const SIZE_PX = 16;
const CLASSES = 3;

/**
 * `request` may be changed; every call of `folder` returns a new empty one to run in. Both are removed after the test,
 * or as `whenOver` arranges.
 */
export async function smallTraining(
  whenOver: (remove: () => void) => void = onTestFinished,
): Promise<{ request: TrainRequest; folder: () => string }> {
  const home = mkdtempSync(join(tmpdir(), 'understudy-training-'));
  whenOver(() => rmSync(home, { recursive: true, force: true }));
  const images = await Promise.all(
    Array.from({ length: IMAGES }, async (_, id) => {
      const path = join(home, `${id}.jpg`);
      await writeJpeg(path, { seed: id + 1 });
      const { size: bytes, mtimeMs: modifiedMs } = await stat(path);
      return cacheImage({ id, folder: home, relativePath: `${id}.jpg`, bytes, modifiedMs, format: 'jpeg' });
    }),
  );
  const cacheDirectory = join(home, 'cache');
  await buildPixelCache({ directory: cacheDirectory, sizePx: SIZE_PX, images });
  let folders = 0;
  const folder = () => {
    const path = join(home, `run-${++folders}`);
    mkdirSync(path);
    return path;
  };
  const request: TrainRequest = {
    target: { device: CPU, threads: 2 },
    network: { ...architecture('small-basic', CLASSES), width: 8 },
    imageSizePx: SIZE_PX,
    batch: 8,
    imagesAtOnce: undefined,
    images: 48,
    seed: 7,
    data: {
      cacheDirectory,
      cacheSizePx: SIZE_PX,
      imageIds: Int32Array.from({ length: IMAGES }, (_, id) => id),
      classIds: Int32Array.from({ length: IMAGES }, (_, id) => id % CLASSES),
    },
    optimiser: { momentum: 0.9, weightDecay: 1e-4, nesterov: true },
    schedule: { kind: 'constant', peakRate: 0.05 },
    augmentation: { crop: { kind: 'reflectPad', paddingPx: 2 }, horizontalFlip: true },
    mix: { kind: 'mixup', alpha: 0.5 },
    labelSmoothing: 0,
    dropoutRate: 0.2,
    stochasticDepth: 0.3,
    averageDecay: 0.9,
    startFrom: undefined,
    runDirectory: folder(),
    classNames: ['a', 'b', 'c'],
    provenance: {},
    checkpointEveryMs: 60_000,
  };
  return { request, folder };
}
