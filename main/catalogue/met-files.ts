/**
 * Matches the files found in a source's folder with its known images: one join tells which are the known version and
 * which must be inspected. Uses temporary tables of one connection: call everything within `isolated`. Files are
 * numbered from 0 in the order in which they were found.
 */
import type { ColumnType, Database, RowValues } from './database.ts';

export interface MetFile {
  readonly relativePath: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  /** A 63-bit integer. */
  readonly fileId: string;
  /** An unreadable file is always inspected, whatever is known about it. */
  readonly isReadable: boolean;
}

/** A file that belongs to no known image, or is another version of one. */
export interface OtherFile {
  readonly kind: 'file';
  readonly relativePath: string;
  readonly place: number;
  /** The image it is another version of. */
  readonly id: number | null;
}

const MET: readonly ColumnType[] = ['text', 'bigint', 'bigint', 'double', 'bigint', 'integer'];
const FILES_AT_ONCE = 8192;

export class MetFiles {
  readonly #database: Database;
  #count = 0;
  /** Rows not in the table yet. */
  #waiting: RowValues[] = [];

  private constructor(database: Database) {
    this.#database = database;
  }

  static async begin(database: Database): Promise<MetFiles> {
    await database.run(
      `CREATE OR REPLACE TEMP TABLE met(relative_path VARCHAR, place BIGINT, bytes BIGINT, modified_ms DOUBLE,
         file_id BIGINT, readable INTEGER)`,
    );
    return new MetFiles(database);
  }

  get count(): number {
    return this.#count;
  }

  async add(files: readonly MetFile[]): Promise<void> {
    for (const { relativePath, bytes, modifiedMs, fileId, isReadable } of files) {
      this.#waiting.push([relativePath, this.#count++, bytes, modifiedMs, fileId, Number(isReadable)]);
    }
    if (this.#waiting.length >= FILES_AT_ONCE) await this.#write();
  }

  async #write(): Promise<void> {
    const rows = this.#waiting;
    this.#waiting = [];
    await this.#database.append('met', MET, rows);
  }

  /** The number of files that are the known version, per top-level folder (empty for files outside any). */
  async compare(sourceId: number): Promise<ReadonlyMap<string, number>> {
    const database = this.#database;
    await this.#write();
    await database.run(
      `CREATE OR REPLACE TEMP TABLE known AS
       SELECT met.place, images.id,
         met.readable = 1 AND images.bytes = met.bytes AND images.modified_ms = met.modified_ms AS same,
         met.file_id, images.missing OR images.file_id IS DISTINCT FROM met.file_id AS moved
       FROM met JOIN images ON images.source_id = ? AND images.relative_path = met.relative_path`,
      [sourceId],
    );
    const rows = await database.rows(
      `SELECT CASE WHEN contains(relative_path, '/') THEN split_part(relative_path, '/', 1) ELSE '' END AS folder,
         count(*) AS files FROM met JOIN known USING (place) WHERE same GROUP BY folder`,
    );
    return new Map(rows.map(({ folder, files }) => [String(folder), Number(files)]));
  }

  /** In the order in which they were found. */
  async *others(): AsyncGenerator<OtherFile, void> {
    for (let first = 0; first < this.#count; first += FILES_AT_ONCE) {
      const here = `BETWEEN ${first} AND ${first + FILES_AT_ONCE - 1}`;
      const rows = await this.#database.rows(
        `SELECT met.place, relative_path, own.id FROM met LEFT JOIN (SELECT * FROM known WHERE place ${here}) own USING (place)
         WHERE met.place ${here} AND own.same IS NOT TRUE ORDER BY met.place`,
      );
      for (const { place, relative_path, id } of rows) {
        const known = id === null ? null : Number(id);
        yield { kind: 'file', relativePath: String(relative_path), place: Number(place), id: known };
      }
    }
  }

  /** Marks the images whose known version was found as present, for the current scan. */
  async keepKnown(): Promise<void> {
    const database = this.#database;
    await database.run('INSERT INTO seen SELECT id FROM known WHERE same');
    if (!(await database.number('SELECT count(*) FROM known WHERE same AND moved'))) return;
    await database.run(
      `UPDATE images SET missing = false, file_id = known.file_id FROM known
       WHERE known.same AND known.moved AND images.id = known.id`,
    );
  }

  async end(): Promise<void> {
    for (const table of ['met', 'known']) await this.#database.run(`DROP TABLE IF EXISTS ${table}`);
  }
}
