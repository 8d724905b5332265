/**
 * Every image decoded once, to squares of one size: what training, labelling and the duplicate guards read. Shards of 4096
 * image ids; a shard is a file of fixed-size records and a JSON file that lists them, written last, as its done-marker.
 * The collection is never in memory: a record is read from its place in the file.
 */
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { at } from '../at.ts';
import { TEMPORARY_SUFFIX, writeTextAtomically } from '../atomic-file.ts';
import { ExpectedFailure, Interrupted } from '../failure.ts';
import { asSystemFailure, DiskFull } from '../system-failure.ts';
import { decodeSquare } from './decode.ts';
import { FINGERPRINT_BYTES, fingerprintOf } from './fingerprint.ts';
import { ImageUnreachable, ImageUnreadable, type Obstacle, wasUnreachable } from './image-failures.ts';
import { DECODER_REVISION } from './image-formats.ts';
import { type ImageLocator, placeOf } from './image-locator.ts';
import { openBytes } from './open-bytes.ts';
import { Patience } from './patience.ts';

const SHARD_IMAGES = 4096;
const DEFAULT_CONCURRENCY = 8;

/** A file as it was when it was scanned; a changed size, time or revision means that it has to be decoded again. */
export interface CacheImage {
  readonly id: number;
  readonly locator: ImageLocator;
  readonly bytes: number;
  readonly modifiedMs: number;
  /** Of what the decoder makes of its format. */
  readonly revision: number;
}

interface ShardList {
  /** The decoder that refused what is among the problems; the first one did not write it down. */
  readonly decoder?: number;
  /** Of each record, in the order of the records. */
  readonly ids: number[];
  readonly bytes: number[];
  readonly modifiedMs: number[];
  /** None: all are of the first. */
  readonly revisions?: number[];
  /** The fingerprints of the records, one after the other. */
  readonly fingerprints: string;
  readonly problems: { id: number; reason: string; bytes: number; modifiedMs: number }[];
}

export interface PixelCacheOptions {
  readonly directory: string;
  readonly sizePx: number;
  /** In the order of their ids. */
  readonly images: readonly CacheImage[];
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
  readonly patience?: Patience;
  readonly onProgress?: (done: number, total: number) => void;
}

/** An image whose bytes could not be had now. It is not in the cache, and the next call tries it again. */
export interface LostImage {
  readonly id: number;
  readonly obstacle: Obstacle;
  readonly reason: string;
}

/** Disk taken by `imageCount` images. */
export function pixelCacheBytes(imageCount: number, sizePx: number): number {
  return imageCount * 3 * sizePx * sizePx;
}

/**
 * Decodes what is not there yet; what was decoded before is kept. Images that cannot be decoded are listed in the cache with a
 * reason; those that could not be read are given back, and nothing is kept of them. Throws `DiskFull` before it starts when
 * there is not enough room, `Interrupted` when asked to stop, `SourceAway` and `MachineShort`; what was decoded until then is kept.
 */
export async function buildPixelCache(options: PixelCacheOptions): Promise<LostImage[]> {
  const { directory, sizePx, images, signal, onProgress } = options;
  await mkdir(directory, { recursive: true });
  await removeLeftovers(directory);
  const stale: { shard: number; images: CacheImage[] }[] = [];
  for (const [shard, members] of byShard(images)) {
    if (!isCurrent(await readList(directory, shard), members)) stale.push({ shard, images: members });
  }
  const total = stale.reduce((sum, { images: members }) => sum + members.length, 0);
  await requireRoom(directory, pixelCacheBytes(total, sizePx));
  let done = 0;
  const lost: LostImage[] = [];
  const patience = options.patience ?? new Patience();
  for (const { shard, images: members } of stale) {
    if (signal?.aborted) throw new Interrupted();
    lost.push(...(await buildShard({ ...options, patience }, shard, members, () => onProgress?.(++done, total))));
  }
  return lost;
}

async function buildShard(
  {
    directory,
    sizePx,
    concurrency = DEFAULT_CONCURRENCY,
    signal,
    patience,
  }: PixelCacheOptions & { patience: Patience },
  shard: number,
  members: readonly CacheImage[],
  decoded: () => void,
): Promise<LostImage[]> {
  const known = await readRecords(directory, shard, sizePx);
  const list: ShardList & { revisions: number[]; fingerprintParts: Uint8Array[] } = {
    decoder: DECODER_REVISION,
    ids: [],
    bytes: [],
    modifiedMs: [],
    revisions: [],
    fingerprints: '',
    problems: [],
    fingerprintParts: [],
  };
  const lost: LostImage[] = [];
  /** Why no more is decoded. What was until then is kept, and what was known before it too. */
  let stopped: ExpectedFailure | undefined;
  let fresh = 0;
  const outcomeOf = async (image: CacheImage): Promise<Outcome> => {
    const before = known.get(image.id);
    if (before?.version === versionOf(image)) return { pixels: before.pixels() };
    if (signal?.aborted) stopped ??= new Interrupted();
    if (stopped) return { left: true };
    try {
      const outcome = await decode(image, sizePx, patience);
      fresh++;
      return outcome;
    } catch (error) {
      if (!(error instanceof ExpectedFailure)) throw error;
      stopped ??= error;
      return { left: true };
    }
  };
  const temporary = join(directory, `${recordsName(shard)}${TEMPORARY_SUFFIX}`);
  try {
    const file = await open(temporary, 'w');
    try {
      const outcomes = inOrder(members, concurrency, async (image) => ({ image, outcome: await outcomeOf(image) }));
      for await (const { image, outcome } of outcomes) {
        const { id, bytes, modifiedMs } = image;
        if ('left' in outcome) {
          if (fresh === 0 && stopped) throw stopped;
          continue;
        }
        if ('pixels' in outcome) {
          const { pixels } = outcome;
          await file.writeFile(pixels);
          list.ids.push(id);
          list.bytes.push(bytes);
          list.modifiedMs.push(modifiedMs);
          list.revisions.push(image.revision);
          list.fingerprintParts.push(fingerprintOf(pixels, sizePx));
        } else if ('problem' in outcome) {
          list.problems.push({ id, reason: outcome.problem, bytes, modifiedMs });
        } else {
          lost.push(outcome.lost);
        }
        decoded();
      }
      await file.sync();
    } finally {
      await file.close();
    }
    const { fingerprintParts, ...rest } = list;
    const fingerprints = Buffer.concat(fingerprintParts).toString('base64');
    // Between these two the old list would describe the new records: it goes first.
    await rm(join(directory, listName(shard)), { force: true });
    await rename(temporary, join(directory, recordsName(shard)));
    await writeTextAtomically(join(directory, listName(shard)), JSON.stringify({ ...rest, fingerprints }));
    if (stopped) throw stopped;
    return lost;
  } catch (error) {
    await rm(temporary, { force: true });
    throw asSystemFailure(error, directory);
  }
}

type Outcome =
  | { readonly pixels: Uint8Array }
  | { readonly problem: string }
  | { readonly lost: LostImage }
  /** The work was stopped before it. */
  | { readonly left: true };

async function decode({ id, locator }: CacheImage, sizePx: number, patience: Patience): Promise<Outcome> {
  const open = (image: ImageLocator) => patience.tried(placeOf(image), () => openBytes(image));
  try {
    return { pixels: await decodeSquare(locator, sizePx, open) };
  } catch (error) {
    if (error instanceof ImageUnreadable) return { problem: error.message };
    if (error instanceof ImageUnreachable) return { lost: { id, obstacle: error.obstacle, reason: error.message } };
    throw error;
  }
}

/** Works on a few items at a time and gives the results in the items' order. */
async function* inOrder<Item, Result>(
  items: readonly Item[],
  concurrency: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const running: Promise<Result>[] = [];
  try {
    for (const item of items) {
      const pending = work(item);
      // Whoever awaits it sees a failure; until then it is not an unhandled one.
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

function byShard(images: readonly CacheImage[]): Map<number, CacheImage[]> {
  const shards = new Map<number, CacheImage[]>();
  for (const image of images) {
    const shard = Math.floor(image.id / SHARD_IMAGES);
    const members = shards.get(shard);
    if (members) members.push(image);
    else shards.set(shard, [image]);
  }
  return shards;
}

function isCurrent(list: ShardList | undefined, members: readonly CacheImage[]): boolean {
  if (!list) return false;
  const records = new Map(list.ids.map((id, index) => [id, recordedVersion(list, index)]));
  const problems = new Map(list.problems.map((problem) => [problem.id, fileVersion(problem)]));
  return members.every((image) =>
    records.has(image.id) ? records.get(image.id) === versionOf(image) : problems.get(image.id) === fileVersion(image),
  );
}

type FileOf = Pick<CacheImage, 'bytes' | 'modifiedMs'>;
const fileVersion = ({ bytes, modifiedMs }: FileOf): string => `${bytes} ${modifiedMs}`;
const versionOf = (image: CacheImage): string => `${fileVersion(image)} ${image.revision}`;

function recordedVersion(list: ShardList, index: number): string {
  const file = { bytes: at(list.bytes, index), modifiedMs: at(list.modifiedMs, index) };
  return `${fileVersion(file)} ${list.revisions ? at(list.revisions, index) : 1}`;
}

async function readRecords(directory: string, shard: number, sizePx: number) {
  const list = await readList(directory, shard);
  const records = new Map<number, { version: string; pixels: () => Uint8Array }>();
  if (!list) return records;
  const all = await readFile(join(directory, recordsName(shard))).catch(() => Buffer.alloc(0));
  const length = 3 * sizePx * sizePx;
  if (all.length !== length * list.ids.length) return records;
  list.ids.forEach((id, index) => {
    const pixels = () => all.subarray(index * length, (index + 1) * length);
    records.set(id, { version: recordedVersion(list, index), pixels });
  });
  return records;
}

async function readList(directory: string, shard: number): Promise<ShardList | undefined> {
  const text = await readFile(join(directory, listName(shard)), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : withoutDoubtfulProblems(JSON.parse(text) as ShardList);
}

/** Earlier versions wrote down as broken what was only away, and refused what is decoded now: such images are decoded again. */
function withoutDoubtfulProblems(list: ShardList): ShardList {
  const isOfThisDecoder = list.decoder === DECODER_REVISION;
  return { ...list, problems: isOfThisDecoder ? list.problems.filter(({ reason }) => !wasUnreachable(reason)) : [] };
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

const recordsName = (shard: number): string => `${String(shard).padStart(6, '0')}.rgb`;
const listName = (shard: number): string => `${String(shard).padStart(6, '0')}.json`;

/** How many shard files are open at once. */
const OPEN_FILES = 64;

/** A cache to read from, on any thread. Five bytes of memory an image, and the fingerprints of shards asked for. */
export class PixelCache {
  readonly #directory: string;
  readonly #recordBytes: number;
  readonly #records = new Map<number, Int32Array>();
  readonly #files = new Map<number, number>();
  readonly #fingerprints = new Map<number, Buffer>();

  constructor(directory: string, sizePx: number) {
    this.#directory = directory;
    this.#recordBytes = 3 * sizePx * sizePx;
  }

  has(id: number): boolean {
    return this.#record(id) >= 0;
  }

  /** Whether it has the pixels of this version of the file, as the decoder makes them now. */
  hasCurrent(image: CacheImage): boolean {
    const record = this.#record(image.id);
    const list = record < 0 ? undefined : this.#list(Math.floor(image.id / SHARD_IMAGES));
    return list !== undefined && recordedVersion(list, record) === versionOf(image);
  }

  /** Copies the image's pixels [size, size, 3] to `offset` of `target`. Throws when the image is not in the cache. */
  read(id: number, target: Uint8Array, offset: number): void {
    const record = this.#record(id);
    if (record < 0) throw new Error(`image ${id} is not in the pixel cache`);
    const file = this.#file(Math.floor(id / SHARD_IMAGES));
    const bytes = readSync(file, target, offset, this.#recordBytes, record * this.#recordBytes);
    if (bytes !== this.#recordBytes) throw new Error(`the pixel cache is cut short at image ${id}`);
  }

  /** Throws when the image is not in the cache. */
  fingerprint(id: number): Uint8Array {
    const shard = Math.floor(id / SHARD_IMAGES);
    const record = this.#record(id);
    if (record < 0) throw new Error(`image ${id} is not in the pixel cache`);
    let all = this.#fingerprints.get(shard);
    if (!all) {
      all = Buffer.from(this.#list(shard)?.fingerprints ?? '', 'base64');
      this.#fingerprints.set(shard, all);
    }
    return all.subarray(record * FINGERPRINT_BYTES, (record + 1) * FINGERPRINT_BYTES);
  }

  /** The images that could not be decoded, in the order of their ids, with the version of the file that it is said of. */
  problems(): ShardList['problems'] {
    return readdirSync(this.#directory)
      .filter((name) => /^\d+\.json$/.test(name))
      .sort()
      .flatMap((name) => this.#list(Number.parseInt(name, 10))?.problems ?? []);
  }

  close(): void {
    for (const file of this.#files.values()) closeSync(file);
    this.#files.clear();
  }

  /** The place of the image's record in its shard, −1 when it has none. */
  #record(id: number): number {
    const shard = Math.floor(id / SHARD_IMAGES);
    let records = this.#records.get(shard);
    if (!records) {
      records = new Int32Array(SHARD_IMAGES).fill(-1);
      for (const [record, member] of (this.#list(shard)?.ids ?? []).entries()) records[member % SHARD_IMAGES] = record;
      this.#records.set(shard, records);
    }
    return records[id % SHARD_IMAGES] ?? -1;
  }

  #list(shard: number): ShardList | undefined {
    const path = join(this.#directory, listName(shard));
    return existsSync(path) ? withoutDoubtfulProblems(JSON.parse(readFileSync(path, 'utf8')) as ShardList) : undefined;
  }

  #file(shard: number): number {
    const known = this.#files.get(shard);
    if (known !== undefined) {
      // Moved to the end: the first one is the one that was not used for longest.
      this.#files.delete(shard);
      this.#files.set(shard, known);
      return known;
    }
    const [oldest] = this.#files;
    if (oldest && this.#files.size >= OPEN_FILES) {
      closeSync(oldest[1]);
      this.#files.delete(oldest[0]);
    }
    const file = openSync(join(this.#directory, recordsName(shard)), 'r');
    this.#files.set(shard, file);
    return file;
  }
}

export function openPixelCache(directory: string, sizePx: number): PixelCache {
  return new PixelCache(directory, sizePx);
}
