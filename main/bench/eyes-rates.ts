/**
 * The cost of a teacher built on an external feature extractor ("eyes"): turning image files into features, training
 * its classifier on a number of labels, scoring all images afterwards, and doing the last two again from memory after a
 * label changed, with all images labelled or only a few. Features have 384 numbers, as those of a small vision
 * transformer.
 */
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { at } from '../at.ts';
import { engineOf } from '../engines/engines.ts';
import { portableModel } from '../engines/onnxruntime/portable-model.ts';
import { requireGoingOn } from '../failure.ts';
import { buildPixelCache } from '../images/build-pixel-cache.ts';
import { pixelRevisionOf } from '../images/image-formats.ts';
import { fileAt } from '../images/image-locator.ts';
import { sharp } from '../images/sharp-setup.ts';
import { architecture } from '../models/family.ts';
import { describeExtractor } from '../models/onnx/feature-extractor.ts';
import { inferenceProgram } from '../models/programs.ts';
import { referenceWeights } from '../models/reference-weights.ts';
import { CounterRandom } from '../random.ts';
import { embed, lookingProvider } from '../training/embed.ts';
import { askHead, type StoredFeatures, trainHead } from '../training/feature-classifier.ts';
import { FeatureMemory } from '../training/feature-memory.ts';
import { FeatureStore } from '../training/feature-store.ts';
import { squaresLookedAt } from '../training/image-reader.ts';
import { topClasses } from '../training/top-classes.ts';
import type { ComputeTarget } from '../training/train-request.ts';

export interface EyesRate {
  readonly case: string;
  readonly value: number;
  readonly unit: 'images/s' | 's';
}

const IMAGES = 256;
const PICTURE_PX = 320;
const CLASSES = 10;
const DIMENSION = 384;
const SHARD = 1024;
const TOP_P = 3;
const FEATURES = 41;
/** As many labels as a person gives within an hour. */
const FEW = 500;
const MEMORY_BYTES = 2 ** 28;
const never = () => false;

/**
 * @param network an ONNX file; by default a ResNet-18 for 224 pixels
 * @param labels number of labels for the largest head
 */
export async function* eyesRates(
  target: ComputeTarget,
  network: string | undefined,
  labels: number,
  signal: AbortSignal,
): AsyncGenerator<EyesRate> {
  const home = await mkdtemp(join(tmpdir(), 'understudy-bench-'));
  try {
    yield await filesToFeatures(home, target, network ?? (await resnet18(home)));
    for (const count of [1000, 10_000, 100_000].filter((one) => one <= labels)) {
      requireGoingOn(signal);
      yield* headAndRanks(home, target, count);
    }
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

async function resnet18(home: string): Promise<string> {
  const config = architecture('resnet18', 1000);
  const path = join(home, 'resnet18.onnx');
  const program = inferenceProgram({ network: config, batch: 1, imageSizePx: 224 });
  await writeFile(path, portableModel(program, referenceWeights(config), {}));
  return path;
}

/** Decoding and extracting features: the first ranking of a collection waits for both. */
async function filesToFeatures(home: string, target: ComputeTarget, networkPath: string): Promise<EyesRate> {
  const { device } = target;
  const provider = lookingProvider(device);
  const { extractor } = await describeExtractor(networkPath, { provider });
  const images = await drawnFiles(home);
  const [cacheDirectory, storeDirectory] = [join(home, 'pixels'), join(home, 'features-drawn')];
  const squares = squaresLookedAt(extractor);
  const cacheSizePx = squares.sizePx;
  const startedMs = performance.now();
  await buildPixelCache({ directory: cacheDirectory, ...squares, images });
  const imageIds = Int32Array.from(images, ({ id }) => id);
  const request = {
    ...{ target, networkPath, extractor, cacheDirectory, cacheSizePx, imageIds, storeDirectory },
    ...{ versions: images.map(({ id }) => String(id)), batch: 32, keepMs: 15_000 },
  };
  await embed(request, { shouldStop: never, progressed: () => {} });
  const seconds = (performance.now() - startedMs) / 1000;
  const { sizePx } = extractor.preprocessing;
  return { case: `features:${sizePx}px:${extractor.dimension}`, value: IMAGES / seconds, unit: 'images/s' };
}

/** Low-frequency noise, so that the JPEG files are as large as photographs of this size. */
async function drawnFiles(home: string) {
  const random = new CounterRandom(1, FEATURES);
  const images = [];
  for (let id = 0; id < IMAGES; id++) {
    const pixels = Buffer.from(Array.from({ length: 3 * 40 * 40 }, () => random.integer(256)));
    const path = join(home, `${id}.jpg`);
    const picture = sharp(pixels, { raw: { width: 40, height: 40, channels: 3 } }).resize(PICTURE_PX, PICTURE_PX);
    await writeFile(path, await picture.jpeg().toBuffer());
    const { size: bytes, mtimeMs: modifiedMs } = await stat(path);
    images.push({ id, locator: fileAt(path), bytes, modifiedMs, revision: pixelRevisionOf('jpeg') });
  }
  return images;
}

/** Clusters around one centre per class, as far apart as those of good features. */
async function* headAndRanks(home: string, target: ComputeTarget, images: number): AsyncGenerator<EyesRate> {
  const random = new CounterRandom(images, FEATURES);
  const centres = Array.from({ length: CLASSES * DIMENSION }, () => random.normal());
  const labels = Int32Array.from({ length: images }, (_, image) => image % CLASSES);
  const storeDirectory = join(home, `features-${images}`);
  const store = new FeatureStore(storeDirectory, DIMENSION);
  for (let first = 0; first < images; first += SHARD) {
    const ids = Array.from({ length: Math.min(SHARD, images - first) }, (_, index) => first + index);
    const features = Float32Array.from({ length: ids.length * DIMENSION }, (_, place) => {
      const label = at(labels, first + Math.floor(place / DIMENSION));
      return at(centres, label * DIMENSION + (place % DIMENSION)) + 3 * random.normal();
    });
    await store.write(first / SHARD, { ids, versions: ids.map(String), features });
  }
  const imageIds = Int32Array.from(labels, (_, image) => image);
  const loop = new Loop(home, target, { storeDirectory, dimension: DIMENSION, imageIds });
  yield { case: `head:${images}x${DIMENSION}`, value: await loop.head(labels), unit: 's' };
  yield { case: `ranks:${images}x${DIMENSION}`, value: await loop.ranks(), unit: 's' };
  const memory = new FeatureMemory({ mostBytes: MEMORY_BYTES, keptMs: 600_000 });
  await memory.shardsOf(storeDirectory, DIMENSION, imageIds);
  const [again, few] = [labels.slice(), Math.min(images, FEW)];
  again[0] = (at(labels, 0) + 1) % CLASSES;
  for (const [name, count] of [
    ['again', images],
    ['again-few', few],
  ] as const) {
    const startedMs = performance.now();
    const inMemory = await memory.shardsOf(storeDirectory, DIMENSION, imageIds);
    const warm = new Loop(home, target, { storeDirectory, dimension: DIMENSION, imageIds, inMemory });
    await warm.head(again.subarray(0, count));
    await warm.ranks();
    yield { case: `${name}:${images}x${DIMENSION}`, value: (performance.now() - startedMs) / 1000, unit: 's' };
  }
  memory.clear();
}

/** Trains a classifier over existing features and scores all images with it; both in seconds. */
class Loop {
  readonly #target: ComputeTarget;
  readonly #source: StoredFeatures;
  readonly #modelPath: string;

  constructor(home: string, target: ComputeTarget, source: StoredFeatures) {
    this.#target = target;
    this.#source = source;
    this.#modelPath = join(home, 'head.safetensors');
  }

  /** @param labels labels of the first `labels.length` images */
  async head(labels: Int32Array): Promise<number> {
    const [target, source] = [this.#target, this.#source];
    const classNames = Array.from({ length: CLASSES }, (_, output) => `class ${output}`);
    const data = { ...source, imageIds: source.imageIds.subarray(0, labels.length), labels };
    const described = { classNames, extractor: 'eyes-000000000000', seed: 1, balanced: true, head: 'linear' } as const;
    const request = { target, data, ...described, modelPath: this.#modelPath };
    return (await trainHead(request, engineOf(target.device), { shouldStop: never })).seconds;
  }

  async ranks(): Promise<number> {
    const [target, source] = [this.#target, this.#source];
    const startedMs = performance.now();
    const request = { target, modelPath: this.#modelPath, source };
    await askHead(request, engineOf(target.device), {
      shouldStop: never,
      scored: (batch) => topClasses(batch, TOP_P),
    });
    return (performance.now() - startedMs) / 1000;
  }
}
