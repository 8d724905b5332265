/**
 * Benchmarks the loops of a training and of a labelling as runs execute them: images from a pixel cache, batches
 * prepared on the same thread or ahead on others.
 */
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine, SessionOptions } from '../engines/engine.ts';
import { engineOf } from '../engines/engines.ts';
import { buildPixelCache } from '../images/build-pixel-cache.ts';
import { fileAt } from '../images/image-locator.ts';
import { sharp } from '../images/sharp-setup.ts';
import { batchesOnThreads } from '../jobs/batch-threads.ts';
import { saveModel } from '../models/checkpoint.ts';
import { architecture } from '../models/family.ts';
import { initialState } from '../models/network.ts';
import { batchesHere } from '../training/batch-source.ts';
import { decodedSizePx } from '../training/image-reader.ts';
import { predict } from '../training/predict.ts';
import { train } from '../training/train.ts';
import type { TrainRequest } from '../training/train-request.ts';
import type { BenchCase } from './measure.ts';

const CLASSES = 10;
const IMAGES = 512;
const STEPS = 20;
const classNames = Array.from({ length: CLASSES }, (_, output) => `class ${output}`);

/** Images per second. */
export async function loopRate(
  { kind, model, sizePx, batch }: BenchCase,
  options: SessionOptions,
  batchThreads = 0,
): Promise<number> {
  const home = await mkdtemp(join(tmpdir(), 'understudy-bench-'));
  try {
    const runDirectory = join(home, 'run');
    await mkdir(runDirectory);
    const target = { device: options.device, threads: options.threads };
    const engine = withOptions(engineOf(options.device), options);
    const network = architecture(model, CLASSES);
    const cacheSizePx = decodedSizePx(sizePx);
    const cacheDirectory = await drawnCache(home, cacheSizePx);
    const imageIds = Int32Array.from({ length: IMAGES }, (_, id) => id);
    const data = { cacheDirectory, cacheSizePx, imageIds };
    const never = () => false;
    const openBatches = (request: TrainRequest) =>
      batchThreads === 0 ? batchesHere(request) : batchesOnThreads(request, batchThreads);
    if (kind === 'label') {
      const modelPath = join(runDirectory, 'model.safetensors');
      await saveModel(modelPath, {
        ...{ network, weights: initialState(network, 1), classNames, imageSizePx: sizePx, provenance: {} },
      });
      const request = { target, modelPath, batch, source: { kind: 'cache', ...data } } as const;
      return (await predict(request, engine, { shouldStop: never, scored: () => {} })).imagesPerSecond;
    }
    const crop = { kind: 'reflectPad', paddingPx: 4 } as const;
    const trained = await train(
      {
        ...{ target, network, imageSizePx: sizePx, batch, imagesAtOnce: undefined, images: STEPS * batch, seed: 1 },
        data: { ...data, classIds: imageIds.map((id) => id % CLASSES) },
        optimiser: { momentum: 0.9, weightDecay: 1e-4, nesterov: false },
        schedule: { kind: 'constant', peakRate: 1e-3 },
        augmentation: { crop, horizontalFlip: true },
        ...{ mix: undefined, labelSmoothing: 0, dropoutRate: 0, averageDecay: undefined, startFrom: undefined },
        ...{ runDirectory, classNames, provenance: {}, checkpointEveryMs: Number.POSITIVE_INFINITY },
      },
      engine,
      { shouldStop: never, progressed: () => {}, openBatches },
    );
    return trained.imagesPerSecond;
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** The loops have no option for how threads wait, so the engine is wrapped. */
function withOptions(engine: Engine, { spinUs }: SessionOptions): Engine {
  if (spinUs === undefined) return engine;
  return { ...engine, prepare: (program, state, options) => engine.prepare(program, state, { ...options, spinUs }) };
}

async function drawnCache(home: string, sizePx: number): Promise<string> {
  const path = join(home, 'drawn.png');
  const square = { width: sizePx, height: sizePx, channels: 3, background: { r: 200, g: 100, b: 50 } } as const;
  await sharp({ create: square }).png().toFile(path);
  const { size: bytes, mtimeMs: modifiedMs } = await stat(path);
  const images = Array.from({ length: IMAGES }, (_, id) => ({
    id,
    locator: fileAt(path),
    bytes,
    modifiedMs,
    revision: 1,
  }));
  const directory = join(home, 'cache');
  await buildPixelCache({ directory, sizePx, images });
  return directory;
}
