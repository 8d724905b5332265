/**
 * Brings a pixel cache up to date with the images it should contain. A shard is rewritten if one of its images is
 * missing, changed or damaged; intact records are kept.
 */
import { mkdir, readdir, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { TEMPORARY_SUFFIX } from '../atomic-file.ts';
import { Interrupted } from '../failure.ts';
import { StoredDataDamaged } from '../stored-data.ts';
import { DiskFull } from '../system-failure.ts';
import { adoptShards } from './adopt-shards.ts';
import { type CacheImage, fileVersion, recordedVersion, versionOf } from './cache-image.ts';
import type { Filter } from './decode.ts';
import { decodeShard, type LostImage } from './decode-shard.ts';
import { KnownRecords } from './known-records.ts';
import { Patience } from './patience.ts';
import { pixelCacheBytes } from './pixel-cache.ts';
import {
  readList,
  recordBytes,
  recordsPath,
  type ShardList,
  type ShardPlace,
  shardDamaged,
  shardOf,
} from './pixel-shard.ts';
import { cachedShape } from './squares.ts';

const DEFAULT_CONCURRENCY = 8;

/** Images that are read as they are needed, some thousands at a time. */
export interface CacheImages {
  /** In order of id. */
  all(): AsyncIterable<CacheImage>;
  /** Those of these ids, which are sorted, in order of id. */
  of(ids: Int32Array): AsyncIterable<CacheImage>;
}

export interface PixelCacheOptions {
  readonly directory: string;
  readonly sizePx: number;
  /** Linear by default. */
  readonly filter?: Filter;
  /** Frames per clip; absent for pictures. Also part of the folder's name. */
  readonly frames?: number | undefined;
  /** In order of id; a list only where they are few. */
  readonly images: CacheImages | readonly CacheImage[];
  /** The files of shards whose every record must be verified, because a reader found damage in them. */
  readonly suspects?: ReadonlySet<string>;
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
  readonly patience?: Patience;
  readonly onProgress?: (done: number, total: number) => void;
  /** Receives what was found damaged, or adopted without a checksum, one sentence each. */
  readonly onNote?: (note: string) => void;
}

/**
 * Decodes what is missing; what was decoded before is kept. Images that cannot be decoded are listed in the cache with
 * a reason; those that could not be read are returned, and not recorded. Throws `DiskFull` before starting if there is
 * not enough room, `Interrupted` when asked to stop, `SourceAway` and `MachineShort`; what was decoded so far is kept.
 */
export async function buildPixelCache(options: PixelCacheOptions): Promise<LostImage[]> {
  const { directory, sizePx, filter = 'linear', frames, suspects, signal, onProgress, onNote } = options;
  const images = 'all' in options.images ? options.images : listed(options.images);
  const { concurrency = DEFAULT_CONCURRENCY, patience = new Patience() } = options;
  await mkdir(directory, { recursive: true });
  await removeLeftovers(directory);
  await adoptShards(directory, sizePx, onNote);
  const stale: StaleShard[] = [];
  for await (const { shard, members } of byShard(images.all())) {
    if (signal?.aborted) throw new Interrupted();
    const place = { directory, shard };
    const list = await soundList(place, sizePx, onNote);
    const suspected = suspects?.has(recordsPath(place)) === true;
    if (suspected || !list || !isCurrent(list, members)) {
      stale.push({ place, sound: list !== undefined, ids: Int32Array.from(members, ({ id }) => id) });
    }
  }
  const total = stale.reduce((sum, { ids }) => sum + ids.length, 0);
  await requireRoom(directory, pixelCacheBytes(total, { sizePx, frames }));
  let done = 0;
  const lost: LostImage[] = [];
  const decoded = () => onProgress?.(++done, total);
  for (const { place, sound, ids } of stale) {
    if (signal?.aborted) throw new Interrupted();
    const members: CacheImage[] = [];
    for await (const image of images.of(ids)) members.push(image);
    const list = sound ? await soundList(place, sizePx, onNote) : undefined;
    const known = list && (await KnownRecords.open(place, list, sizePx));
    try {
      const shard = { place, sizePx, filter, frames, images: members, known, concurrency, signal, patience, decoded };
      lost.push(...(await decodeShard(shard)));
    } finally {
      if (known && known.damaged > 0) onNote?.(damagedNote(place, known.damaged));
      await known?.close();
    }
  }
  return lost;
}

/** Only its ids are kept, since all shards may be stale. */
interface StaleShard {
  readonly place: ShardPlace;
  /** Whether its list was read and matches its records. */
  readonly sound: boolean;
  readonly ids: Int32Array;
}

function listed(images: readonly CacheImage[]): CacheImages {
  return {
    async *all() {
      yield* images;
    },
    async *of(ids) {
      const wanted = new Set(ids);
      yield* images.filter(({ id }) => wanted.has(id));
    },
  };
}

/** Undefined if there is none, or if it does not match the records. */
async function soundList(
  place: ShardPlace,
  sizePx: number,
  onNote: PixelCacheOptions['onNote'],
): Promise<ShardList | undefined> {
  try {
    const list = await readList(place);
    if (!list) return undefined;
    const wanted = list.ids.length * recordBytes(cachedShape(place.directory, sizePx));
    const { size } = await stat(recordsPath(place)).catch(() => ({ size: undefined }));
    if (size === wanted) return list;
    throw shardDamaged(place, size === undefined ? 'it is missing' : `it has ${size} bytes instead of ${wanted}`);
  } catch (error) {
    if (!(error instanceof StoredDataDamaged)) throw error;
    const { what, path, damage } = error.damage;
    onNote?.(`${what} is damaged (${path}: ${damage}): they are decoded again from their files.`);
    return undefined;
  }
}

function damagedNote(place: ShardPlace, count: number): string {
  const images = count === 1 ? 'The pixels of 1 image are' : `The pixels of ${count} images are`;
  return `${images} damaged in the pixel cache (${recordsPath(place)}) and decoded again from the file.`;
}

async function* byShard(
  images: AsyncIterable<CacheImage>,
): AsyncGenerator<{ readonly shard: number; readonly members: readonly CacheImage[] }> {
  let [shard, members]: [number, CacheImage[]] = [-1, []];
  for await (const image of images) {
    const own = shardOf(image.id);
    if (own < shard) throw new RangeError(`image ${image.id} is not in order`);
    if (own !== shard) {
      if (members.length > 0) yield { shard, members };
      [shard, members] = [own, []];
    }
    members.push(image);
  }
  if (members.length > 0) yield { shard, members };
}

function isCurrent(list: ShardList, members: readonly CacheImage[]): boolean {
  const records = new Map(list.ids.map((id, index) => [id, recordedVersion(list, index)]));
  const problems = new Map(list.problems.map((problem) => [problem.id, fileVersion(problem)]));
  return members.every((image) =>
    records.has(image.id) ? records.get(image.id) === versionOf(image) : problems.get(image.id) === fileVersion(image),
  );
}

async function removeLeftovers(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (name.endsWith(TEMPORARY_SUFFIX)) await rm(join(directory, name), { force: true });
  }
}

async function requireRoom(directory: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize;
  if (free >= bytes) return;
  const mebibytes = (count: number) => `${Math.ceil(count / 2 ** 20).toLocaleString('en')} MiB`;
  throw new DiskFull(
    `The disk has too little room: decoding needs ${mebibytes(bytes)} in ${directory} and ${mebibytes(free)} are free; free some space and run the same command again.`,
  );
}
