/**
 * The teacher's scores as Parquet partitions, one row an image and shortlisted class. A partition is written whole, then
 * marked done; what has no mark does not count and is written again.
 */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeTextAtomically } from '../atomic-file.ts';
import { type Database, literal, type RowValues } from './database.ts';
import { saveRows } from './parquet.ts';

/** The P best classes of some images: `classIds` and `probabilities` are [images, topP], best first. */
export interface ScoreRows {
  readonly imageIds: Int32Array;
  readonly topP: number;
  readonly classIds: Int32Array | Uint16Array;
  readonly probabilities: Float32Array;
}

const DONE = '.done';
const COLUMNS = { image_id: 'integer', class_id: 'integer', probability: 'float', rank_in_image: 'integer' } as const;
const STORED = 'image_id, class_id::USMALLINT AS class_id, probability, rank_in_image::UTINYINT AS rank_in_image';

export class ScoreStore {
  readonly #database: Database;
  readonly #directory: string;

  constructor(database: Database, directory: string) {
    this.#database = database;
    this.#directory = directory;
  }

  /** The numbers of the partitions that are done, in order. */
  async partitions(runId: string): Promise<number[]> {
    const names = new Set(await this.#names(runId));
    return [...names]
      .filter((name) => name.endsWith(DONE) && names.has(name.slice(0, -DONE.length)))
      .map((name) => Number.parseInt(name.slice('part-'.length), 10))
      .sort((a, b) => a - b);
  }

  /** A partition that is there already is replaced. */
  async writePartition(runId: string, partition: number, rows: ScoreRows): Promise<void> {
    const directory = join(this.#directory, runId);
    await mkdir(directory, { recursive: true });
    const path = join(directory, partName(partition));
    await saveRows(this.#database, path, COLUMNS, scoreRows(rows), STORED);
    await writeTextAtomically(`${path}${DONE}`, '');
  }

  /** The done partitions of a run as an SQL table expression. */
  async table(runId: string): Promise<string> {
    const files = (await this.partitions(runId)).map((part) => literal(join(this.#directory, runId, partName(part))));
    if (files.length === 0) throw new Error(`the run ${runId} has no scores`);
    return `read_parquet([${files.join(', ')}])`;
  }

  /** The images that shortlisted a class, best first; equal scores in the order of the ids. */
  async rank(
    runId: string,
    query: { readonly classId: number; readonly limit: number; readonly exclude?: Int32Array },
  ): Promise<{ imageIds: Int32Array; probabilities: Float32Array }> {
    const scores = await this.table(runId);
    const [imageIds, probabilities] = await this.#database.withChosen(query.exclude ?? [], () =>
      this.#database.columns(
        `SELECT image_id, probability FROM ${scores} s
         WHERE class_id = ${query.classId} AND NOT EXISTS (SELECT 1 FROM chosen WHERE chosen.id = s.image_id)
         ORDER BY probability DESC, image_id LIMIT ${query.limit}`,
      ),
    );
    return { imageIds: Int32Array.from(imageIds ?? []), probabilities: Float32Array.from(probabilities ?? []) };
  }

  /** How many images have each class as their best; classes that are no image's best are left out. */
  async classHistogram(runId: string): Promise<{ classId: number; images: number }[]> {
    const rows = await this.#database.rows(
      `SELECT class_id, count(*) AS images FROM ${await this.table(runId)} WHERE rank_in_image = 1
       GROUP BY class_id ORDER BY class_id`,
    );
    return rows.map(({ class_id, images }) => ({ classId: Number(class_id), images: Number(images) }));
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

function partName(partition: number): string {
  return `part-${String(partition).padStart(5, '0')}.parquet`;
}

function* scoreRows({ imageIds, topP, classIds, probabilities }: ScoreRows): Generator<RowValues> {
  for (let image = 0; image < imageIds.length; image++) {
    for (let rank = 0; rank < topP; rank++) {
      const at = image * topP + rank;
      yield [imageIds[image] ?? 0, classIds[at] ?? 0, probabilities[at] ?? 0, rank + 1];
    }
  }
}
