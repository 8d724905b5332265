/**
 * Writes one shard of the pixel cache: known records are kept, the rest is decoded, a few images at a time. The records
 * appear by rename, and their list after them.
 */
import { open, rename, rm } from 'node:fs/promises';
import { TEMPORARY_SUFFIX } from '../atomic-file.ts';
import { ExpectedFailure, Interrupted } from '../failure.ts';
import { asSystemFailure } from '../system-failure.ts';
import type { CacheImage } from './cache-image.ts';
import { fingerprintOfSample } from './clips/clip-fingerprint.ts';
import { decodeSample } from './clips/decode-sample.ts';
import type { Filter } from './decode.ts';
import { ImageUnreachable, ImageUnreadable, type Obstacle } from './image-failures.ts';
import { DECODER_REVISION } from './image-formats.ts';
import { placeOf } from './image-locator.ts';
import type { KnownRecords } from './known-records.ts';
import type { Patience } from './patience.ts';
import {
  checksumsText,
  pixelsChecksum,
  recordsPath,
  removeList,
  type ShardList,
  type ShardPlace,
  writeList,
} from './pixel-shard.ts';
import type { Squares } from './squares.ts';

/** An image whose bytes were not available. It is not in the cache, and the next call tries it again. */
export interface LostImage {
  readonly id: number;
  readonly obstacle: Obstacle;
  readonly reason: string;
}

export interface ShardDecoding {
  readonly place: ShardPlace;
  readonly sizePx: number;
  readonly filter: Filter;
  readonly frames: number | undefined;
  readonly images: readonly CacheImage[];
  readonly known: KnownRecords | undefined;
  readonly concurrency: number;
  readonly signal: AbortSignal | undefined;
  readonly patience: Patience;
  decoded(): void;
}

/**
 * Returns the images that could not be read. Throws what stopped it; what was decoded so far is kept, unless that is
 * nothing.
 */
export async function decodeShard(options: ShardDecoding): Promise<LostImage[]> {
  const { place, sizePx, filter, frames, images, known, concurrency, signal, patience } = options;
  const records = new RecordList();
  const lost: LostImage[] = [];
  /** Why decoding stopped. What was decoded so far is kept, as are earlier records. */
  let stopped: ExpectedFailure | undefined;
  let fresh = 0;
  const outcomeOf = async (image: CacheImage): Promise<Outcome> => {
    const pixels = await known?.pixelsOf(image);
    if (pixels) return { pixels };
    if (signal?.aborted) stopped ??= new Interrupted();
    if (stopped) return { left: true };
    try {
      const outcome = await decode(image, { sizePx, filter, frames }, patience);
      fresh++;
      return outcome;
    } catch (error) {
      if (!(error instanceof ExpectedFailure)) throw error;
      stopped ??= error;
      return { left: true };
    }
  };
  const temporary = `${recordsPath(place)}${TEMPORARY_SUFFIX}`;
  try {
    const file = await open(temporary, 'w');
    try {
      const outcomes = inOrder(images, concurrency, async (image) => ({ image, outcome: await outcomeOf(image) }));
      for await (const { image, outcome } of outcomes) {
        if ('left' in outcome) {
          if (fresh === 0 && stopped) throw stopped;
          continue;
        }
        if ('pixels' in outcome) {
          await file.writeFile(outcome.pixels);
          records.add(image, outcome.pixels, { sizePx, frames });
        } else if ('problem' in outcome) {
          records.addProblem(image, outcome.problem);
        } else {
          lost.push(outcome.lost);
        }
        options.decoded();
      }
      await file.sync();
    } finally {
      await file.close();
    }
    // Between these two steps the old list would describe the new records, so it is removed first.
    await removeList(place);
    await rename(temporary, recordsPath(place));
    await writeList(place, records.list());
    if (stopped) throw stopped;
    return lost;
  } catch (error) {
    await rm(temporary, { force: true });
    throw asSystemFailure(error, place.directory);
  }
}

/** Builds the list while records are written. */
class RecordList {
  readonly #images: CacheImage[] = [];
  readonly #fingerprints: Uint8Array[] = [];
  readonly #checksums: number[] = [];
  readonly #problems: ShardList['problems'] = [];

  add(image: CacheImage, pixels: Uint8Array, squares: Pick<Squares, 'sizePx' | 'frames'>): void {
    this.#images.push(image);
    this.#fingerprints.push(fingerprintOfSample(pixels, squares));
    this.#checksums.push(pixelsChecksum(image.id, pixels));
  }

  addProblem({ id, bytes, modifiedMs }: CacheImage, reason: string): void {
    this.#problems.push({ id, reason, bytes, modifiedMs });
  }

  list(): ShardList {
    return {
      decoder: DECODER_REVISION,
      ids: this.#images.map(({ id }) => id),
      bytes: this.#images.map(({ bytes }) => bytes),
      modifiedMs: this.#images.map(({ modifiedMs }) => modifiedMs),
      revisions: this.#images.map(({ revision }) => revision),
      fingerprints: Buffer.concat(this.#fingerprints).toString('base64'),
      checksums: checksumsText(this.#checksums),
      problems: this.#problems,
    };
  }
}

type Outcome =
  | { readonly pixels: Uint8Array }
  | { readonly problem: string }
  | { readonly lost: LostImage }
  /** The work was stopped before this image. */
  | { readonly left: true };

async function decode({ id, locator }: CacheImage, squares: Squares, patience: Patience): Promise<Outcome> {
  try {
    return { pixels: await decodeSample(locator, squares, (work) => patience.tried(placeOf(locator), work)) };
  } catch (error) {
    if (error instanceof ImageUnreadable) return { problem: error.message };
    if (error instanceof ImageUnreachable) return { lost: { id, obstacle: error.obstacle, reason: error.message } };
    throw error;
  }
}

/** Processes a few items at a time and yields the results in the items' order. */
async function* inOrder<Item, Result>(
  items: readonly Item[],
  concurrency: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const running: Promise<Result>[] = [];
  try {
    for (const item of items) {
      const pending = work(item);
      // Whoever awaits the promise gets the failure; until then it must not count as an unhandled rejection.
      pending.catch(() => {});
      running.push(pending);
      const next = running.length >= concurrency ? running.shift() : undefined;
      if (next) yield await next;
    }
    for (let next = running.shift(); next; next = running.shift()) yield await next;
  } finally {
    await Promise.allSettled(running);
  }
}
