/**
 * One vector an image, as a network from elsewhere sees it: computed once, kept in half precision. Shards of 1024 image ids; a
 * shard is a file of vectors and a JSON file that lists them with their checksum, written last, as its done-marker.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { at } from '../at.ts';
import { writeAtomically, writeTextAtomically } from '../atomic-file.ts';
import { checksumOf } from '../checksum.ts';
import { fromHalf, toHalf } from '../half.ts';
import { StoredDataDamaged, type Verdict, verdictOn } from '../stored-data.ts';

const SHARD_IMAGES = 1024;

const listSchema = z.object({
  /** In the order of the vectors. */
  ids: z.array(z.int()),
  /** Of each image, what tells its file's versions apart. */
  versions: z.array(z.string()),
  checksum: z.string(),
});

export interface FeatureShard {
  readonly ids: readonly number[];
  readonly versions: readonly string[];
  /** [ids, dimension] */
  readonly features: Float32Array;
}

/** A shard whose checksum was right when it was read, in memory that threads share. */
export interface ProvedShard {
  readonly shard: number;
  /** Sorted, in the order of the vectors. */
  readonly ids: Int32Array;
  /** [ids, dimension] */
  readonly halves: Uint16Array;
  /** Of each image, what tells its file's versions apart; absent where nobody asks for them. */
  readonly versions?: readonly string[];
}

export class FeatureStore {
  static readonly SHARD_IMAGES = SHARD_IMAGES;
  readonly #directory: string;
  readonly #dimension: number;
  readonly #inMemory: ReadonlyMap<number, ProvedShard>;

  /** @param inMemory shards that need not be read again */
  constructor(directory: string, dimension: number, inMemory: readonly ProvedShard[] = []) {
    this.#directory = directory;
    this.#dimension = dimension;
    this.#inMemory = new Map(inMemory.map((shard) => [shard.shard, shard]));
  }

  /** Other files in its place have another; undefined when it is not there. */
  async stamp(shard: number): Promise<string | undefined> {
    try {
      const files = [vectorsName(shard), listName(shard)].map((name) => stat(join(this.#directory, name)));
      return (await Promise.all(files)).map(({ ino, size, mtimeMs }) => `${ino} ${size} ${mtimeMs}`).join(' ');
    } catch {
      return undefined;
    }
  }

  /** Undefined when it is not there, or not whole. */
  async proved(shard: number): Promise<Required<ProvedShard> | undefined> {
    const stored = await this.#stored(shard);
    if (!stored) return undefined;
    const shared = (bytes: number) => new SharedArrayBuffer(bytes);
    const ids = new Int32Array(shared(4 * stored.ids.length));
    const halves = new Uint16Array(shared(stored.halves.byteLength));
    ids.set(stored.ids);
    halves.set(stored.halves);
    return { shard, ids, halves, versions: stored.versions };
  }

  /** Undefined when it is not there, or not whole: it is computed again then. */
  async read(shard: number): Promise<FeatureShard | undefined> {
    const stored = await this.#stored(shard);
    return stored && { ids: stored.ids, versions: stored.versions, features: fromHalf(stored.halves) };
  }

  /** Whether it was written, be it whole or not. */
  has(shard: number): boolean {
    return existsSync(join(this.#directory, listName(shard)));
  }

  /** Every whole shard, in order. */
  async *all(): AsyncGenerator<FeatureShard> {
    for (const shard of await this.#shards()) {
      const found = await this.read(shard);
      if (found) yield found;
    }
  }

  /** Of each shard that has a list. */
  async *verify(): AsyncGenerator<Verdict> {
    for (const shard of await this.#shards()) {
      const path = join(this.#directory, listName(shard));
      yield await verdictOn({ kind: 'features', path, remade: true }, async () => {
        if (await this.read(shard)) return 'sound';
        throw this.#damaged(shard);
      });
    }
  }

  async write(shard: number, { ids, versions, features }: FeatureShard): Promise<void> {
    await mkdir(this.#directory, { recursive: true });
    const bytes = new Uint8Array(toHalf(features).buffer);
    const checksum = this.#checksum(shard, ids, versions, bytes);
    await writeAtomically(join(this.#directory, vectorsName(shard)), async (file) => await file.writeFile(bytes));
    await writeTextAtomically(join(this.#directory, listName(shard)), JSON.stringify({ ids, versions, checksum }));
  }

  /**
   * How many of these sorted images have no vector yet, by the lists alone; with `versions`, also those whose vector is of
   * another version of the file.
   */
  async missing(imageIds: Int32Array, versions?: readonly string[]): Promise<number> {
    let [missing, first] = [0, 0];
    for (const [shard, ids] of byFeatureShard(imageIds)) {
      const inMemory = this.#inMemory.get(shard);
      const list = inMemory?.versions ? inMemory : await this.#list(shard);
      const rows = list ? rowsOf(list.ids, ids) : undefined;
      for (let place = 0; place < ids.length; place++) {
        const version = list?.versions?.[rows?.[place] ?? NONE];
        missing += Number(version === undefined || (versions !== undefined && version !== at(versions, first + place)));
      }
      first += ids.length;
    }
    return missing;
  }

  /**
   * The vectors of these images, row by row in their order: sorted. Of a shard no more becomes numbers than is asked for. Throws
   * `StoredDataDamaged` where a shard is not what was written, and a plain error when an image has none: they are computed before.
   */
  async gather(imageIds: Int32Array): Promise<Float32Array> {
    const gathered = new Float32Array(imageIds.length * this.#dimension);
    await this.#eachRun(imageIds, (halves, place) => fromHalf(halves, gathered, place));
    return gathered;
  }

  /** The same as they are kept. */
  async gatherHalves(imageIds: Int32Array): Promise<Uint16Array> {
    const gathered = new Uint16Array(imageIds.length * this.#dimension);
    await this.#eachRun(imageIds, (halves, place) => gathered.set(halves, place));
    return gathered;
  }

  /** Rows that follow one another at once, and where among all the first of them begins. */
  async #eachRun(imageIds: Int32Array, take: (halves: Uint16Array, place: number) => void): Promise<void> {
    const dimension = this.#dimension;
    let first = 0;
    for (const [shard, ids] of byFeatureShard(imageIds)) {
      const found = this.#inMemory.get(shard) ?? (await this.#stored(shard));
      if (!found && this.has(shard)) throw this.#damaged(shard);
      const rows = rowsOf(found?.ids ?? [], ids);
      const without = rows.indexOf(NONE);
      if (!found || without >= 0) throw new Error(`the features of image ${ids[without]} are not there`);
      for (let place = 0; place < ids.length; ) {
        const [row, begins] = [at(rows, place), place];
        while (place < ids.length && rows[place] === row + place - begins) place++;
        take(found.halves.subarray(row * dimension, (row + place - begins) * dimension), (first + begins) * dimension);
      }
      first += ids.length;
    }
  }

  /** The images that have a vector, by the lists alone. */
  async known(): Promise<ReadonlySet<number>> {
    const known = new Set<number>();
    for (const shard of await this.#shards()) {
      for (const id of (await this.#list(shard))?.ids ?? []) known.add(id);
    }
    return known;
  }

  async #stored(shard: number) {
    const list = await this.#list(shard);
    const bytes = list && (await readFile(join(this.#directory, vectorsName(shard))).catch(() => undefined));
    if (!list || bytes?.length !== 2 * list.ids.length * this.#dimension) return undefined;
    const { ids, versions, checksum } = list;
    if (this.#checksum(shard, ids, versions, bytes) !== checksum) return undefined;
    const aligned = bytes.byteOffset % 2 === 0 ? bytes : Buffer.from(bytes);
    const halves = new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.length / 2);
    return { ids, versions, halves };
  }

  #damaged(shard: number): StoredDataDamaged {
    return new StoredDataDamaged({
      ...{ kind: 'features', path: join(this.#directory, listName(shard)), damage: 'it is not what was written' },
      what: `What the brought network saw in the images from ${shard * SHARD_IMAGES} on`,
      wayOut: 'run the method again, and it looks at them again',
    });
  }

  async #shards(): Promise<number[]> {
    const names = await readdir(this.#directory).catch(() => []);
    const shards = names.filter((name) => /^\d{6,}\.json$/.test(name)).map((name) => Number.parseInt(name, 10));
    return shards.sort((a, b) => a - b);
  }

  async #list(shard: number): Promise<z.infer<typeof listSchema> | undefined> {
    const path = join(this.#directory, listName(shard));
    if (!existsSync(path)) return undefined;
    try {
      const list = listSchema.parse(JSON.parse(await readFile(path, 'utf8')));
      return list.ids.length === list.versions.length ? list : undefined;
    } catch {
      return undefined;
    }
  }

  /** A shard of another network, or another shard of this one, does not pass for this. */
  #checksum(shard: number, ids: readonly number[], versions: readonly string[], vectors: Uint8Array): string {
    const identity = `features ${basename(this.#directory)} ${shard} ${this.#dimension}`;
    return checksumOf(identity, JSON.stringify([ids, versions]), vectors);
  }
}

const NONE = -1;

/** Of each of the sorted `wanted`, its place among `ids`, or `NONE`. */
function rowsOf(ids: ArrayLike<number>, wanted: Int32Array): Int32Array {
  const rows = new Int32Array(wanted.length).fill(NONE);
  let row = 0;
  for (let place = 0; place < wanted.length; place++) {
    const id = wanted[place] as number;
    while (row < ids.length && (ids[row] as number) < id) row++;
    if (row < ids.length && ids[row] === id) rows[place] = row;
  }
  return rows;
}

/** Images by the shard that they belong to, in order. Throws a `RangeError` when `ids` are not sorted. */
export function byFeatureShard(ids: Int32Array): Map<number, Int32Array> {
  const shards = new Map<number, Int32Array>();
  for (let first = 0; first < ids.length; ) {
    const shard = Math.floor(at(ids, first) / SHARD_IMAGES);
    let end = first;
    while (end < ids.length && Math.floor(at(ids, end) / SHARD_IMAGES) === shard) end++;
    // Ids that come back to a shard would take the place of its others.
    if (shards.has(shard)) throw new RangeError(`the ids are not sorted: image ${at(ids, first)} comes too late`);
    shards.set(shard, ids.slice(first, end));
    first = end;
  }
  return shards;
}

const vectorsName = (shard: number): string => `${String(shard).padStart(6, '0')}.f16`;
const listName = (shard: number): string => `${String(shard).padStart(6, '0')}.json`;
