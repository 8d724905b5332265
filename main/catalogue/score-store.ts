/**
 * The teacher's scores as Parquet partitions, one row an image and shortlisted class. A partition is written whole, then
 * marked done; what has no mark does not count and is written again.
 */
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TEMPORARY_SUFFIX, writeTextAtomically } from '../atomic-file.ts';
import { type Database, literal, type RowValues } from './database.ts';

/** The P best classes of some images: `classIds` and `probabilities` are [images, topP], best first. */
export interface ScoreRows {
  readonly imageIds: Int32Array;
  readonly topP: number;
  readonly classIds: Int32Array;
  readonly probabilities: Float32Array;
}

const DONE = '.done';

export class ScoreStore {
  readonly #database: Database;
  readonly #directory: string;

  constructor(database: Database, directory: string) {
    this.#database = database;
    this.#directory = directory;
  }

  /** The numbers of the partitions that are done, in order. */
  async partitions(runId: string): Promise<number[]> {
    const names = await readdir(join(this.#directory, runId)).catch(() => []);
    return names
      .filter((name) => name.endsWith(DONE))
      .map((name) => Number.parseInt(name.slice('part-'.length), 10))
      .sort((a, b) => a - b);
  }

  async writePartition(runId: string, partition: number, rows: ScoreRows): Promise<void> {
    const directory = join(this.#directory, runId);
    await mkdir(directory, { recursive: true });
    const path = join(directory, partName(partition));
    const temporary = `${path}${TEMPORARY_SUFFIX}`;
    const database = this.#database;
    await database.run(
      'CREATE OR REPLACE TEMP TABLE scored(image_id INTEGER, class_id INTEGER, probability FLOAT, rank_in_image INTEGER)',
    );
    try {
      await database.append('scored', ['integer', 'integer', 'float', 'integer'], scoreRows(rows));
      await database.run(
        `COPY (SELECT image_id, class_id::USMALLINT AS class_id, probability, rank_in_image::UTINYINT AS rank_in_image FROM scored)
         TO ${literal(temporary)} (FORMAT parquet, COMPRESSION zstd)`,
      );
      await rename(temporary, path);
      await writeTextAtomically(`${path}${DONE}`, '');
    } finally {
      await database.run('DROP TABLE scored');
      await rm(temporary, { force: true });
    }
  }

  /** The done partitions of a run as an SQL table expression. */
  async table(runId: string): Promise<string> {
    const files = (await this.partitions(runId)).map((part) => literal(join(this.#directory, runId, partName(part))));
    if (files.length === 0) throw new Error(`the run ${runId} has no scores`);
    return `read_parquet([${files.join(', ')}])`;
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
