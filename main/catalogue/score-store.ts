/**
 * The teacher's scores as Parquet partitions, with one row per image and shortlisted class. A partition is written
 * completely, then marked done by a file that holds its checksum; one without a mark, or that does not match its mark,
 * does not count and is written again. A finished labelling records its number of partitions.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { at } from '../at.ts';
import { writeTextAtomically } from '../atomic-file.ts';
import { damageOf, fileProofSchema, proofOf } from '../proved-file.ts';
import { sealed, unsealed } from '../sealed-json.ts';
import { StoredDataDamaged, type Verdict, verdictOn } from '../stored-data.ts';
import { DiskFull, NotPermitted } from '../system-failure.ts';
import { isMissing } from '../why-unread.ts';
import type { Database } from './database.ts';
import { parquetTable, saveParquet } from './parquet.ts';
import { type RankedRows, RankFile, type RankScratch, RanksDamaged, type ScoredRows } from './rank-file.ts';

/**
 * The P best classes of some images: `classIds` and `probabilities` are [images, topP], best first. NaN marks a class
 * without a score: no row is written for it.
 */
export interface ScoreRows {
  readonly imageIds: Int32Array;
  readonly topP: number;
  readonly classIds: Int32Array | Uint16Array;
  readonly probabilities: Float32Array;
}

/** Stored form: a row for each image and class with a score. */
export interface StoredScores {
  readonly image_id: Int32Array;
  readonly class_id: Int32Array;
  readonly probability: Float32Array;
  /** From 1, the best. */
  readonly rank_in_image: Int32Array;
}

/** How many partitions one query reads. */
const PARTITIONS_AT_ONCE = 32;
const DONE = '.done';
const COMPLETE = 'complete.json';
const markSchema = z.object({ proof: fileProofSchema });
const completeSchema = z.object({ partitions: z.int().min(0) });
const STORED =
  'image_id::BIGINT AS image_id, class_id::USMALLINT AS class_id, probability, rank_in_image::USMALLINT AS rank_in_image';

export class ScoreStore {
  readonly #database: Database;
  readonly #directory: string;
  /** The ranks requested so far, by run. */
  readonly #ranks = new Map<string, Promise<RankFile>>();

  constructor(database: Database, directory: string) {
    this.#database = database;
    this.#directory = directory;
  }

  /** The numbers of the partitions marked done, in order. */
  async partitions(runId: string): Promise<number[]> {
    const names = new Set(await this.#names(runId));
    return [...names]
      .filter((name) => name.endsWith(DONE) && names.has(name.slice(0, -DONE.length)))
      .map((name) => Number.parseInt(name.slice('part-'.length), 10))
      .sort((a, b) => a - b);
  }

  /** The partitions that are done and intact, in order. */
  async soundPartitions(runId: string): Promise<number[]> {
    const sound: number[] = [];
    for (const partition of await this.partitions(runId)) {
      if (await this.isSound(runId, partition)) sound.push(partition);
    }
    return sound;
  }

  /** Records that all partitions are written: from now on a missing one counts as damage. */
  async finish(runId: string, partitions: number): Promise<void> {
    const path = join(this.#directory, runId, COMPLETE);
    await writeTextAtomically(path, `${sealed(identityOf(runId, COMPLETE), { partitions })}\n`);
  }

  /** Ensures that the file with the ranks of every class exists and is intact. Throws `StoredDataDamaged`. */
  async rankAll(runId: string): Promise<void> {
    let sound = false;
    for await (const { state } of this.#verifyRanks(runId)) sound = state === 'sound';
    await (sound ? this.#ranked(runId) : this.#rankedAgain(runId));
  }

  /** All images that shortlisted a class, ranked; in `scratch` as for `RankFile.read`. Throws `StoredDataDamaged`. */
  async ranking(runId: string, classId: number, scratch?: RankScratch): Promise<RankedRows> {
    try {
      return await (await this.#ranked(runId)).read(classId, scratch);
    } catch (error) {
      if (!(error instanceof RanksDamaged)) throw error;
      return await (await this.#rankedAgain(runId)).read(classId, scratch);
    }
  }

  /**
   * For each class and each place from the first, how many images have the class at that place. Throws
   * `StoredDataDamaged`.
   */
  async rankedClasses(runId: string): Promise<ReadonlyMap<number, readonly number[]>> {
    const ranks = await this.#ranked(runId);
    return new Map(ranks.classIds.map((classId) => [classId, ranks.ofPlace(classId)]));
  }

  async #ranked(runId: string): Promise<RankFile> {
    const known = this.#ranks.get(runId);
    if (known) return await known;
    const opened = this.#openRanks(runId);
    this.#ranks.set(runId, opened);
    opened.catch(() => this.#ranks.delete(runId));
    return await opened;
  }

  async #rankedAgain(runId: string): Promise<RankFile> {
    for (const directory of this.#rankFolders(runId)) await RankFile.remove(directory).catch(() => {});
    this.#ranks.delete(runId);
    return await this.#ranked(runId);
  }

  async #openRanks(runId: string): Promise<RankFile> {
    const identity = identityOf(runId, 'ranks');
    const [own, aside] = this.#rankFolders(runId);
    for (const directory of [own, aside]) {
      const found = await RankFile.open(directory, identity).catch((error) => {
        if (error instanceof RanksDamaged) return undefined;
        throw error;
      });
      if (found) return found;
    }
    const scores = await this.table(runId);
    const [classIds, places, rows] = await this.#database.columns(
      [Int32Array, Int32Array, Float64Array],
      `SELECT class_id, rank_in_image, count(*) FROM ${scores} GROUP BY class_id, rank_in_image`,
    );
    const counts = Array.from(classIds, (classId, index) => ({
      ...{ classId, place: at(places, index), rows: at(rows, index) },
    }));
    const make = async (directory: string) => {
      await mkdir(directory, { recursive: true });
      await RankFile.write(directory, identity, counts, this.#scoredRows(runId));
      const made = await RankFile.open(directory, identity);
      if (!made) throw new RanksDamaged('it is missing');
      return made;
    };
    try {
      return await make(own);
    } catch (error) {
      // A read-only project, or a full disk.
      if (!(error instanceof NotPermitted || error instanceof DiskFull)) throw error;
      return await make(aside);
    }
  }

  /** Where the ranks of a run are stored, and where they go while nothing can be written there. */
  #rankFolders(runId: string): readonly [string, string] {
    return [join(this.#directory, runId), join(tmpdir(), `understudy-${process.pid}`, runId)];
  }

  async *#scoredRows(runId: string): AsyncGenerator<ScoredRows> {
    const partitions = await this.#wanted(runId);
    for (let first = 0; first < partitions.length; first += PARTITIONS_AT_ONCE) {
      const some = partitions.slice(first, first + PARTITIONS_AT_ONCE);
      const [classIds, imageIds, scores, places] = await this.#database.columns(
        [Int32Array, Int32Array, Float32Array, Uint8Array],
        `SELECT class_id, image_id, probability, rank_in_image FROM ${this.#named(runId, some)}`,
      );
      yield { classIds, imageIds, scores, places };
    }
  }

  /** Verdicts on every partition, including expected ones that are missing. */
  async *verify(runId: string): AsyncGenerator<Verdict> {
    const file = (partition: number) => ({
      ...{ kind: 'scores' as const, path: this.#path(runId, partition), remade: true },
    });
    const complete = join(this.#directory, runId, COMPLETE);
    let wanted: readonly number[] = [];
    yield await verdictOn({ kind: 'scores', path: complete, remade: true }, async () => {
      wanted = await this.#wanted(runId);
      return 'sound';
    });
    for (const partition of wanted) {
      yield await verdictOn(file(partition), async () => {
        const damage = await this.#damageOf(runId, partition);
        if (damage !== undefined) throw scoresDamaged(runId, file(partition).path, damage);
        return 'sound';
      });
    }
    yield* this.#verifyRanks(runId);
  }

  /** Yields nothing if there are none: ranks are built on demand. */
  async *#verifyRanks(runId: string): AsyncGenerator<Verdict> {
    const directory = join(this.#directory, runId);
    const path = RankFile.path(directory);
    const file = { kind: 'scores' as const, path, remade: true };
    let isThere = true;
    const verdict = await verdictOn(file, async () => {
      try {
        const ranks = await RankFile.open(directory, identityOf(runId, 'ranks'));
        isThere = ranks !== undefined;
        for (const classId of ranks?.classIds ?? []) await ranks?.read(classId);
        return 'sound';
      } catch (error) {
        if (error instanceof RanksDamaged) throw scoresDamaged(runId, path, error.message);
        throw error;
      }
    });
    if (isThere) yield verdict;
  }

  /** Whether this partition is done and intact. */
  async isSound(runId: string, partition: number): Promise<boolean> {
    return (await this.#damageOf(runId, partition)) === undefined;
  }

  /**
   * Replaces an existing partition. Several processes may write the same one: each renames a complete file into place
   * and marks what it wrote, and the same images and model always give the same bytes.
   */
  async writePartition(runId: string, partition: number, rows: ScoreRows): Promise<void> {
    await this.writeScores(runId, partition, scoreColumns(rows));
  }

  /** The same for rows that are already in order. */
  async writeScores(runId: string, partition: number, scores: StoredScores): Promise<void> {
    const directory = join(this.#directory, runId);
    await mkdir(directory, { recursive: true });
    const path = this.#path(runId, partition);
    // Ranks of the earlier contents become invalid; the mark identifies which bytes it belongs to.
    this.#ranks.delete(runId);
    await RankFile.remove(directory);
    await saveParquet(this.#database, path, { ...scores }, STORED);
    await this.#mark(runId, partition);
  }

  /** The finished partitions of a run as an SQL table expression. Throws `StoredDataDamaged`. */
  async table(runId: string): Promise<string> {
    const partitions = await this.#wanted(runId);
    for (const partition of partitions) {
      const damage = await this.#damageOf(runId, partition);
      if (damage !== undefined) throw scoresDamaged(runId, this.#path(runId, partition), damage);
    }
    if (partitions.length === 0) throw scoresDamaged(runId, join(this.#directory, runId), 'there are none');
    const files = new Set((await this.#names(runId)).filter((name) => /^part-.*\.parquet$/.test(name)));
    // Thousands of names in every query would take longer to parse than the query itself.
    if (files.size === partitions.length && partitions.every((partition) => files.has(partName(partition)))) {
      return parquetTable(join(asWritten(join(this.#directory, runId)), 'part-*.parquet'));
    }
    return this.#named(runId, partitions);
  }

  #named(runId: string, partitions: readonly number[]): string {
    return parquetTable(partitions.map((partition) => this.#path(runId, partition)));
  }

  /** The images that shortlisted a class, best first; ties in order of id. */
  async rank(
    runId: string,
    query: { readonly classId: number; readonly limit: number; readonly exclude?: Int32Array },
  ): Promise<{ imageIds: Int32Array; probabilities: Float32Array }> {
    const scores = await this.table(runId);
    const [imageIds, probabilities] = await this.#database.withChosen(query.exclude ?? [], () =>
      this.#database.columns(
        [Int32Array, Float32Array],
        `SELECT image_id, probability FROM ${scores} s
         WHERE class_id = ${query.classId} AND NOT EXISTS (SELECT 1 FROM chosen WHERE chosen.id = s.image_id)
         ORDER BY probability DESC, image_id LIMIT ${query.limit}`,
      ),
    );
    return { imageIds, probabilities };
  }

  /** How many images have each class as their best; classes without any are left out. */
  async classHistogram(runId: string): Promise<{ classId: number; images: number }[]> {
    const rows = await this.#database.rows(
      `SELECT class_id, count(*) AS images FROM ${await this.table(runId)} WHERE rank_in_image = 1
       GROUP BY class_id ORDER BY class_id`,
    );
    return rows.map(({ class_id, images }) => ({ classId: Number(class_id), images: Number(images) }));
  }

  /** The expected partitions: all of a finished labelling, or else those that are done. Throws `StoredDataDamaged`. */
  async #wanted(runId: string): Promise<number[]> {
    const path = join(this.#directory, runId, COMPLETE);
    if (!existsSync(path)) return await this.partitions(runId);
    const found = unsealed(identityOf(runId, COMPLETE), await readFile(path, 'utf8'));
    const list = found.kind === 'read' && found.proven ? completeSchema.safeParse(found.value).data : undefined;
    if (!list) throw scoresDamaged(runId, path, found.kind === 'damaged' ? found.damage : 'it is not what was written');
    return Array.from({ length: list.partitions }, (_, partition) => partition);
  }

  async #damageOf(runId: string, partition: number): Promise<string | undefined> {
    const path = this.#path(runId, partition);
    const text = await readFile(`${path}${DONE}`, 'utf8').catch(() => undefined);
    if (text === undefined) return 'it is not marked as done';
    if (text === '' && !existsSync(join(this.#directory, runId, COMPLETE))) {
      // Marked by a version without checksums: accepted as it is, and verified from now on.
      await this.#mark(runId, partition);
      return undefined;
    }
    const found = unsealed(identityOf(runId, `${partName(partition)}${DONE}`), text);
    const proof = found.kind === 'read' && found.proven ? markSchema.safeParse(found.value).data?.proof : undefined;
    if (!proof) return 'its mark is damaged';
    return await damageOf(path, identityOf(runId, partName(partition)), proof);
  }

  async #mark(runId: string, partition: number): Promise<void> {
    const path = this.#path(runId, partition);
    const proof = await proofOf(path, identityOf(runId, partName(partition)), 'xxh64');
    const identity = identityOf(runId, `${partName(partition)}${DONE}`);
    await writeTextAtomically(`${path}${DONE}`, `${sealed(identity, { proof })}\n`);
  }

  #path(runId: string, partition: number): string {
    return join(this.#directory, runId, partName(partition));
  }

  async #names(runId: string): Promise<string[]> {
    try {
      return await readdir(join(this.#directory, runId));
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }
}

function identityOf(runId: string, name: string): string {
  return `scores/${runId}/${name}`;
}

function scoresDamaged(runId: string, path: string, damage: string): StoredDataDamaged {
  return new StoredDataDamaged({
    ...{ kind: 'scores', path, damage, what: `A part of the scores of the run ${runId}` },
    wayOut: 'run the method again with the same settings to recreate it',
  });
}

/** Escapes glob characters in a path. */
function asWritten(path: string): string {
  return path.replace(/[[*?]/g, '[$&]');
}

function partName(partition: number): string {
  return `part-${String(partition).padStart(5, '0')}.parquet`;
}

/** One row for each image and class with a score. */
function scoreColumns({ imageIds, topP, classIds, probabilities }: ScoreRows): StoredScores {
  const said = probabilities.reduce((count, probability) => count + Number(!Number.isNaN(probability)), 0);
  const columns = {
    image_id: new Int32Array(said),
    class_id: new Int32Array(said),
    probability: new Float32Array(said),
    rank_in_image: new Int32Array(said),
  };
  let row = 0;
  probabilities.forEach((probability, entry) => {
    if (Number.isNaN(probability)) return;
    columns.image_id[row] = at(imageIds, Math.floor(entry / topP));
    columns.class_id[row] = at(classIds, entry);
    columns.probability[row] = probability;
    columns.rank_in_image[row] = (entry % topP) + 1;
    row++;
  });
  return columns;
}
