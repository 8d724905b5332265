/**
 * The teacher's scores as Parquet partitions, one row an image and shortlisted class. A partition is written whole, then
 * marked done by a file that holds its checksum; what has no mark, or is not what its mark says, does not count and is
 * written again. A finished labelling has a list of how many partitions there are.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { at } from '../at.ts';
import { writeTextAtomically } from '../atomic-file.ts';
import { damageOf, fileProofSchema, proofOf } from '../proved-file.ts';
import { sealed, unsealed } from '../sealed-json.ts';
import { StoredDataDamaged, type Verdict, verdictOn } from '../stored-data.ts';
import { type Database, literal } from './database.ts';
import { saveParquet } from './parquet.ts';

/**
 * The P best classes of some images: `classIds` and `probabilities` are [images, topP], best first. Not a number stands where
 * nothing was said: no row is written for it.
 */
export interface ScoreRows {
  readonly imageIds: Int32Array;
  readonly topP: number;
  readonly classIds: Int32Array | Uint16Array;
  readonly probabilities: Float32Array;
}

const DONE = '.done';
const COMPLETE = 'complete.json';
const markSchema = z.object({ proof: fileProofSchema });
const completeSchema = z.object({ partitions: z.int().min(0) });
const STORED =
  'image_id::BIGINT AS image_id, class_id::USMALLINT AS class_id, probability, rank_in_image::UTINYINT AS rank_in_image';

export class ScoreStore {
  readonly #database: Database;
  readonly #directory: string;

  constructor(database: Database, directory: string) {
    this.#database = database;
    this.#directory = directory;
  }

  /** The numbers of the partitions that are marked done, in order. */
  async partitions(runId: string): Promise<number[]> {
    const names = new Set(await this.#names(runId));
    return [...names]
      .filter((name) => name.endsWith(DONE) && names.has(name.slice(0, -DONE.length)))
      .map((name) => Number.parseInt(name.slice('part-'.length), 10))
      .sort((a, b) => a - b);
  }

  /** The partitions that are done and what was written, in order. */
  async soundPartitions(runId: string): Promise<number[]> {
    const sound: number[] = [];
    for (const partition of await this.partitions(runId)) {
      if ((await this.#damageOf(runId, partition)) === undefined) sound.push(partition);
    }
    return sound;
  }

  /** All partitions are written: from now on each of them is missed where it is not there. */
  async finish(runId: string, partitions: number): Promise<void> {
    const path = join(this.#directory, runId, COMPLETE);
    await writeTextAtomically(path, `${sealed(identityOf(runId, COMPLETE), { partitions })}\n`);
  }

  /** Of every partition, also of those that are not there and should be. */
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
  }

  /** A partition that is there already is replaced. */
  async writePartition(runId: string, partition: number, rows: ScoreRows): Promise<void> {
    const directory = join(this.#directory, runId);
    await mkdir(directory, { recursive: true });
    const path = this.#path(runId, partition);
    // The mark of what was there before does not hold for what comes.
    await rm(`${path}${DONE}`, { force: true });
    await saveParquet(this.#database, path, scoreColumns(rows), STORED);
    await this.#mark(runId, partition);
  }

  /** The partitions of a run as an SQL table expression: those that are done. Throws `StoredDataDamaged`. */
  async table(runId: string): Promise<string> {
    const partitions = await this.#wanted(runId);
    for (const partition of partitions) {
      const damage = await this.#damageOf(runId, partition);
      if (damage !== undefined) throw scoresDamaged(runId, this.#path(runId, partition), damage);
    }
    if (partitions.length === 0) throw scoresDamaged(runId, join(this.#directory, runId), 'there are none');
    const files = new Set((await this.#names(runId)).filter((name) => /^part-.*\.parquet$/.test(name)));
    // Thousands of names in every query would take longer than the query.
    if (files.size === partitions.length && partitions.every((partition) => files.has(partName(partition)))) {
      return `read_parquet(${literal(join(asWritten(join(this.#directory, runId)), 'part-*.parquet'))})`;
    }
    return `read_parquet([${partitions.map((partition) => literal(this.#path(runId, partition))).join(', ')}])`;
  }

  /** The images that shortlisted a class, best first; equal scores in the order of the ids. */
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

  /** How many images have each class as their best; classes that are no image's best are left out. */
  async classHistogram(runId: string): Promise<{ classId: number; images: number }[]> {
    const rows = await this.#database.rows(
      `SELECT class_id, count(*) AS images FROM ${await this.table(runId)} WHERE rank_in_image = 1
       GROUP BY class_id ORDER BY class_id`,
    );
    return rows.map(({ class_id, images }) => ({ classId: Number(class_id), images: Number(images) }));
  }

  /** What should be there: all of a finished labelling, or else what is done. Throws `StoredDataDamaged`. */
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
      // As versions without checksums marked it: it is taken as it is, and proved from now on.
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
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
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
    wayOut: 'run the method again as it was run then, and it is made again',
  });
}

/** A path in which nothing stands for other names. */
function asWritten(path: string): string {
  return path.replace(/[[*?]/g, '[$&]');
}

function partName(partition: number): string {
  return `part-${String(partition).padStart(5, '0')}.parquet`;
}

/** One row for each class of an image of which something was said. */
function scoreColumns({ imageIds, topP, classIds, probabilities }: ScoreRows) {
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
