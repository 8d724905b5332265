/**
 * Every image decoded once to a square of one size, or every clip to a number of them: training, labelling and the
 * duplicate guards read this. The collection is never in memory: a record is read from its position in its shard's
 * file. `build-pixel-cache.ts` writes it.
 */
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { at } from '../at.ts';
import { sampleShape } from '../sample-shape.ts';
import { StoredDataDamaged } from '../stored-data.ts';
import { isMissing } from '../why-unread.ts';
import { type CacheImage, recordedVersion, versionOf } from './cache-image.ts';
import { FINGERPRINT_BYTES } from './fingerprint.ts';
import {
  checksumsOf,
  listedShards,
  pixelsChecksum,
  readListSync,
  recordBytes,
  recordsPath,
  SHARD_IMAGES,
  type ShardList,
  type ShardPlace,
  shardDamaged,
  shardOf,
} from './pixel-shard.ts';
import { cachedShape, type Squares } from './squares.ts';

/** How many shard files are open at once. */
const OPEN_FILES = 64;
/** Of how many shards the fingerprints are kept: 15 MB. */
const KEPT_FINGERPRINTS = 64;

/** The records of one shard. */
interface Records {
  /** The index of each image's record in the shard, −1 if it has none. */
  readonly places: Int32Array;
  /** Indexed like the records. */
  readonly checksums: Uint32Array;
}

/**
 * A readable cache, usable on any thread. Takes eight bytes of memory per image of the shards asked about. Every record
 * is verified each time it is read. Damage throws `StoredDataDamaged`.
 */
export class PixelCache {
  readonly #directory: string;
  readonly #recordBytes: number;
  readonly #records = new Map<number, Records>();
  readonly #files = new Map<number, number>();
  readonly #fingerprints = new Map<number, Buffer>();

  constructor(directory: string, sizePx: number) {
    this.#directory = directory;
    this.#recordBytes = recordBytes(cachedShape(directory, sizePx));
  }

  has(id: number): boolean {
    return this.#place(id) >= 0;
  }

  /** Whether it has the pixels of this version of the file, as the present decoder produces them. */
  hasCurrent(image: CacheImage): boolean {
    const place = this.#place(image.id);
    const list = place < 0 ? undefined : readListSync(this.#shard(image.id));
    return list !== undefined && recordedVersion(list, place) === versionOf(image);
  }

  /** The ids of those images for which it has such pixels; none from a shard whose list is damaged. */
  currentOf(images: readonly CacheImage[]): Set<number> {
    const current = new Set<number>();
    const recorded = new Map<number, ReadonlyMap<number, string>>();
    for (const image of images) {
      const shard = shardOf(image.id);
      const versions = recorded.get(shard) ?? this.#versionsIn(this.#shard(image.id));
      recorded.set(shard, versions);
      if (versions.get(image.id) === versionOf(image)) current.add(image.id);
    }
    return current;
  }

  /**
   * Copies the image's pixels, [size, size, 3] or for a clip [frames, size, size, 3], to `offset` of `target`. Throws
   * if the image is not in the cache.
   */
  read(id: number, target: Uint8Array, offset: number): void {
    const place = this.#requirePlace(id);
    const file = this.#file(shardOf(id));
    const bytes = readSync(file, target, offset, this.#recordBytes, place * this.#recordBytes);
    if (bytes !== this.#recordBytes) throw shardDamaged(this.#shard(id), `it is cut short at image ${id}`);
    const checksum = pixelsChecksum(id, target.subarray(offset, offset + this.#recordBytes));
    if (checksum !== at(this.#recordsOf(id).checksums, place)) {
      throw shardDamaged(this.#shard(id), `the checksum of image ${id} does not match`);
    }
  }

  /** Throws if the image is not in the cache. */
  fingerprint(id: number): Uint8Array {
    const shard = shardOf(id);
    const place = this.#requirePlace(id);
    let all = this.#fingerprints.get(shard);
    if (!all) {
      all = Buffer.from(readListSync(this.#shard(id))?.fingerprints ?? '', 'base64');
      const [oldest] = this.#fingerprints.keys();
      if (oldest !== undefined && this.#fingerprints.size >= KEPT_FINGERPRINTS) this.#fingerprints.delete(oldest);
      this.#fingerprints.set(shard, all);
    }
    return all.subarray(place * FINGERPRINT_BYTES, (place + 1) * FINGERPRINT_BYTES);
  }

  /**
   * The images that could not be decoded, in order of id, with the affected version of the file. Shards with damaged
   * lists are skipped; after the cache was built there are none among the present images.
   */
  problems(): ShardList['problems'] {
    return listedShards(readdirSync(this.#directory)).flatMap((shard) => {
      try {
        return readListSync({ directory: this.#directory, shard })?.problems ?? [];
      } catch (error) {
        if (error instanceof StoredDataDamaged) return [];
        throw error;
      }
    });
  }

  close(): void {
    for (const file of this.#files.values()) closeSync(file);
    this.#files.clear();
  }

  #versionsIn(place: ShardPlace): ReadonlyMap<number, string> {
    try {
      const list = readListSync(place);
      return new Map(list?.ids.map((id, index) => [id, recordedVersion(list, index)]));
    } catch (error) {
      if (error instanceof StoredDataDamaged) return new Map();
      throw error;
    }
  }

  #requirePlace(id: number): number {
    const place = this.#place(id);
    if (place < 0) throw new Error(`image ${id} is not in the pixel cache`);
    return place;
  }

  #place(id: number): number {
    return at(this.#recordsOf(id).places, id % SHARD_IMAGES);
  }

  #recordsOf(id: number): Records {
    const known = this.#records.get(shardOf(id));
    if (known) return known;
    const places = new Int32Array(SHARD_IMAGES).fill(-1);
    const list = readListSync(this.#shard(id));
    for (const [place, member] of (list?.ids ?? []).entries()) places[member % SHARD_IMAGES] = place;
    const records = { places, checksums: list ? checksumsOf(list) : new Uint32Array() };
    this.#records.set(shardOf(id), records);
    return records;
  }

  #shard(id: number): ShardPlace {
    return { directory: this.#directory, shard: shardOf(id) };
  }

  #file(shard: number): number {
    const known = this.#files.get(shard);
    if (known !== undefined) {
      // Moved to the end: the first entry is the least recently used.
      this.#files.delete(shard);
      this.#files.set(shard, known);
      return known;
    }
    const [oldest] = this.#files;
    if (oldest && this.#files.size >= OPEN_FILES) {
      closeSync(oldest[1]);
      this.#files.delete(oldest[0]);
    }
    const file = this.#opened({ directory: this.#directory, shard });
    this.#files.set(shard, file);
    return file;
  }

  #opened(place: ShardPlace): number {
    try {
      return openSync(recordsPath(place), 'r');
    } catch (error) {
      if (isMissing(error)) throw shardDamaged(place, 'it is missing');
      throw error;
    }
  }
}

export function openPixelCache(directory: string, sizePx: number): PixelCache {
  return new PixelCache(directory, sizePx);
}

/** Disk space for `imageCount` images. */
export function pixelCacheBytes(imageCount: number, { sizePx, frames }: Pick<Squares, 'sizePx' | 'frames'>): number {
  return imageCount * recordBytes(sampleShape(sizePx, frames));
}
