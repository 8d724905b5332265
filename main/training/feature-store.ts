/**
 * One feature vector per image from an external network: computed once, stored in half precision. Shards of 1024 image
 * ids; a shard is a file of vectors and a JSON file that lists them with their checksum, which is written last and
 * serves as its done-marker.
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
  /** For each image, the key of its file version. */
  versions: z.array(z.string()),
  checksum: z.string(),
});

export interface FeatureShard {
  readonly ids: readonly number[];
  readonly versions: readonly string[];
  /** [ids, dimension] */
  readonly features: Float32Array;
}

/** A shard whose checksum was verified when it was read, in memory that threads share. */
export interface ProvedShard {
  readonly shard: number;
  /** Sorted, in the order of the vectors. */
  readonly ids: Int32Array;
  /** [ids, dimension] */
  readonly halves: Uint16Array;
  /** For each image, the key of its file version; absent if not needed. */
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

  /** Changes when other files take the shard's place; undefined if it does not exist. */
  async stamp(shard: number): Promise<string | undefined> {
    try {
      const files = [vectorsName(shard), listName(shard)].map((name) => stat(join(this.#directory, name)));
      return (await Promise.all(files)).map(({ ino, size, mtimeMs }) => `${ino} ${size} ${mtimeMs}`).join(' ');
    } catch {
      return undefined;
    }
  }

  /** Undefined if it is missing or damaged. */
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

  /** Undefined if it is missing or damaged: it is then computed again. */
  async read(shard: number): Promise<FeatureShard | undefined> {
    const stored = await this.#stored(shard);
    return stored && { ids: stored.ids, versions: stored.versions, features: fromHalf(stored.halves) };
  }

  /** Whether it was written, intact or not. */
  has(shard: number): boolean {
    return existsSync(join(this.#directory, listName(shard)));
  }

  /** Every intact shard, in order. */
  async *all(): AsyncGenerator<FeatureShard> {
    for (const shard of await this.#shards()) {
      const found = await this.read(shard);
      if (found) yield found;
    }
  }

  /** Verdicts on each shard that has a list. */
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
   * How many of these sorted images have no vector yet, according to the lists alone; with `versions`, also those whose
   * vector belongs to another version of the file.
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
   * The vectors of these sorted images, row by row. Converts only the requested rows to float32. Throws
   * `StoredDataDamaged` if a shard is damaged, and a plain error if an image has no vector: they must be computed
   * first.
   */
  async gather(imageIds: Int32Array): Promise<Float32Array> {
    const gathered = new Float32Array(imageIds.length * this.#dimension);
    await this.#eachRun(imageIds, (halves, place) => fromHalf(halves, gathered, place));
    return gathered;
  }

  /** The same in the stored precision. */
  async gatherHalves(imageIds: Int32Array): Promise<Uint16Array> {
    const gathered = new Uint16Array(imageIds.length * this.#dimension);
    await this.#eachRun(imageIds, (halves, place) => gathered.set(halves, place));
    return gathered;
  }

  /** Visits runs of adjacent rows, with the overall index of the first. */
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

  /** The images that have a vector, according to the lists alone. */
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
      what: `The features of the images from ${shard * SHARD_IMAGES} on`,
      wayOut: 'run the method again, and they are computed again',
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

  /** Keeps a shard of another network, or another shard of this one, from being accepted. */
  #checksum(shard: number, ids: readonly number[], versions: readonly string[], vectors: Uint8Array): string {
    const identity = `features ${basename(this.#directory)} ${shard} ${this.#dimension}`;
    return checksumOf(identity, JSON.stringify([ids, versions]), vectors);
  }
}

const NONE = -1;

/** For each of the sorted `wanted`, its index in `ids`, or `NONE`. */
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

/** Groups images by shard, in order. Throws a `RangeError` if `ids` are not sorted. */
export function byFeatureShard(ids: Int32Array): Map<number, Int32Array> {
  const shards = new Map<number, Int32Array>();
  for (let first = 0; first < ids.length; ) {
    const shard = Math.floor(at(ids, first) / SHARD_IMAGES);
    let end = first;
    while (end < ids.length && Math.floor(at(ids, end) / SHARD_IMAGES) === shard) end++;
    // Ids that return to an earlier shard would replace its others.
    if (shards.has(shard)) throw new RangeError(`the ids are not sorted: image ${at(ids, first)} comes too late`);
    shards.set(shard, ids.slice(first, end));
    first = end;
  }
  return shards;
}

const vectorsName = (shard: number): string => `${String(shard).padStart(6, '0')}.f16`;
const listName = (shard: number): string => `${String(shard).padStart(6, '0')}.json`;
