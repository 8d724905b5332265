/**
 * One partition of a labelling on its own: from an order that contains everything its scores depend on, to a file with
 * its done-marker. Nothing here queries the catalogue, so that any process that sees the project's folder can do it,
 * several at once.
 */
import { at } from '../at.ts';
import type { Project } from '../catalogue/project.ts';
import { MODEL, openRunFile } from '../catalogue/run-files.ts';
import type { ScoreStore } from '../catalogue/score-store.ts';
import type { ActivationRanges } from '../engines/int8-plan.ts';
import { ExpectedFailure } from '../failure.ts';
import type { CacheImage } from '../images/cache-image.ts';
import { imageName } from '../images/image-locator.ts';
import { openPixelCache } from '../images/pixel-cache.ts';
import type { Squares } from '../images/squares.ts';
import type { RunTask } from '../jobs/compute-protocol.ts';
import { runTask } from '../jobs/run-task.ts';
import { describeModel } from '../models/checkpoint.ts';
import { preprocessingOf } from '../models/model-preprocessing.ts';
import { StoredDataDamaged } from '../stored-data.ts';
import { squaresFor } from '../training/image-reader.ts';
import type { ImageSource, ScoredBatch } from '../training/predict-request.ts';
import type { ComputeTarget } from '../training/train-request.ts';
import { pixelCachePlace } from './decode-once.ts';
import { cacheImage } from './locate-image.ts';
import { PartitionWriter } from './partition-writer.ts';

/** The same for every partition of a labelling, as plain data. */
export interface LabelOrder {
  readonly runId: string;
  /** The run whose network labels. */
  readonly teacher: string;
  /** The project's class of each of the teacher's outputs. */
  readonly classIds: readonly number[];
  readonly topP: number;
  readonly batch: number;
  readonly partitionImages: number;
  /** Computes in 8-bit integers with these ranges. */
  readonly int8?: ActivationRanges | undefined;
  /** For clips, the number of frames to decode. */
  readonly frames?: number | undefined;
  /** The precision on every machine; fp32 by default. */
  readonly precision?: 'bf16' | undefined;
}

export interface PartitionImages {
  readonly partition: number;
  readonly imageIds: Int32Array;
  /** In the same order; absent if the pixel cache is known to contain all of them. */
  readonly files?: readonly CacheImage[] | undefined;
}

/** What it needs from a project. */
export interface LabelPlace {
  readonly scores: Pick<ScoreStore, 'isSound' | 'writePartition'>;
  path(...parts: string[]): string;
}

export interface PartitionHost {
  readonly target: ComputeTarget;
  /** Runs the computation; on a thread of this process by default. */
  readonly runTask?: RunTask;
  readonly signal: AbortSignal;
  /** Reports how many of its images are labelled. */
  progress(done: number): void;
  /** All are labelled, and the device is free while they are written. */
  computed?(): void;
}

export interface PartitionOutcome {
  /** 0 if the partition had been written before. */
  readonly images: number;
  readonly seconds: number;
}

/** Counts the labelled images over several partitions in progress. */
export class PartitionCount {
  readonly total: number;
  readonly #lengths: ReadonlyMap<number, number>;
  readonly #under = new Map<number, number>();
  #done = 0;

  /** `before`: images of other partitions, which were already done. */
  constructor(lengths: Iterable<readonly [number, number]>, before = 0) {
    this.#lengths = new Map(lengths);
    this.#done = before;
    this.total = before + sum(this.#lengths.values());
  }

  /** Records progress of this partition. @returns the total over all partitions */
  advance(partition: number, done: number): number {
    // Another machine that takes the partition over starts again; the reported total must not decrease.
    this.#under.set(partition, Math.max(done, this.#under.get(partition) ?? 0));
    return this.#done + sum(this.#under.values());
  }

  finish(partition: number): number {
    this.#under.delete(partition);
    this.#done += this.#lengths.get(partition) ?? 0;
    return this.#done + sum(this.#under.values());
  }
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** An image that the labelling includes is unavailable. */
export class PartitionUnfit extends ExpectedFailure {}

/**
 * Writes the partition, unless an intact one exists. Pixels come from the cache if it has them, or else from the files.
 * Throws `PartitionUnfit`, `StoredDataDamaged` for the teacher, and what predicting throws; nothing is written then.
 */
export async function labelPartition(
  place: LabelPlace,
  order: LabelOrder,
  images: PartitionImages,
  host: PartitionHost,
): Promise<PartitionOutcome> {
  const { runId, teacher, classIds, topP, batch, int8 } = order;
  if (await place.scores.isSound(runId, images.partition)) return { images: 0, seconds: 0 };
  const startedMs = performance.now();
  const modelPath = await openRunFile(place.path('runs', teacher), MODEL);
  const model = await describeModel(modelPath);
  const squares = { ...squaresFor(model.imageSizePx, preprocessingOf(model)), frames: order.frames };
  const label = async (source: ImageSource) => {
    const writer = new PartitionWriter({ scores: place.scores, runId, partitions: [images], classIds, topP });
    const onEvent = (scored: ScoredBatch) => {
      requireReadable(scored, images);
      writer.take(scored);
      host.progress(scored.first + scored.count);
    };
    try {
      await (host.runTask ?? runTask)(
        'predict',
        { target: host.target, modelPath, batch, source, int8 },
        { signal: host.signal, onEvent },
      );
      host.computed?.();
    } finally {
      await writer.written();
    }
  };
  try {
    await label(sourceOf(place, images, squares));
  } catch (error) {
    const isDamaged = error instanceof StoredDataDamaged && error.damage.kind === 'pixels';
    if (!isDamaged || !images.files) throw error;
    // Only the process that has the project to itself repairs the cache; the files give the same pixels.
    await label({ kind: 'files', images: images.files.map(({ locator }) => locator), frames: order.frames });
  }
  return { images: images.imageIds.length, seconds: (performance.now() - startedMs) / 1000 };
}

/** The files of images, in order of id, as the catalogue knows them. Throws `PartitionUnfit`. */
export async function cacheImagesOf({ catalogue }: Pick<Project, 'catalogue'>, imageIds: Int32Array) {
  const found = new Map<number, CacheImage>();
  for await (const image of catalogue.eachImage({ ids: imageIds })) found.set(image.id, cacheImage(image));
  return Array.from(imageIds, (id) => {
    const image = found.get(id);
    if (!image)
      throw new PartitionUnfit(`The image ${id} is not in the catalogue any more: start the partitions again.`);
    return image;
  });
}

/** The numbers of all partitions for this many images. */
export function partitionNumbers(images: number, partitionImages: number): number[] {
  return Array.from({ length: Math.ceil(images / partitionImages) }, (_, partition) => partition);
}

/** The images in this partition. */
export function partitionOf(imageIds: Int32Array, partition: number, partitionImages: number): Int32Array {
  return imageIds.subarray(partition * partitionImages, (partition + 1) * partitionImages);
}

function sourceOf(place: LabelPlace, { imageIds, files }: PartitionImages, squares: Squares): ImageSource {
  const cache = pixelCachePlace(place, squares);
  if (!files) return { kind: 'cache', ...cache, imageIds };
  const pixels = openPixelCache(cache.cacheDirectory, cache.cacheSizePx);
  const current = pixels.currentOf(files);
  if (current.size === files.length) return { kind: 'cache', ...cache, imageIds };
  const images = files.map(({ locator }) => locator);
  const { frames } = squares;
  if (current.size === 0) return { kind: 'files', images, frames };
  return {
    kind: 'files',
    images,
    frames,
    cached: { ...cache, imageIds: imageIds.map((id) => (current.has(id) ? id : -1)) },
  };
}

/** Undecodable images are in no set, on which the labelling's name depends. */
function requireReadable({ unreadable }: ScoredBatch, { files }: PartitionImages): void {
  const [first] = unreadable;
  if (!first || !files) return;
  throw new PartitionUnfit(
    `The image ${imageName(at(files, first.place).locator)} cannot be read (${first.reason}), so this collection needs another labelling: run “understudy teacher DIR” once, which decodes everything and leaves such images out, and start the partitions again.`,
  );
}
