/**
 * Imports scores from a table made elsewhere into a file of a run: image, class, score. Images are identified by path
 * (full, or within their source) or by their id in this project; rows for unknown images or classes are counted.
 */
import { type Database, literal } from './database.ts';
import { parquetTable } from './parquet.ts';
import { quoted, readingTable, type TableFile } from './table-file.ts';

export interface ScoreColumns {
  /** The column with the image's path, or its id in this project. */
  readonly image: string;
  readonly class: string;
  readonly score: string;
}

export interface ScoresFound {
  readonly rows: number;
  /** Rows whose score is not a number. */
  readonly withoutScore: number;
  /** Distinct images that this project does not have. */
  readonly unknownImages: number;
  /** A few of those. */
  readonly someUnknown: readonly string[];
  /** Images with a score. */
  readonly images: number;
  readonly heldOutImages: number;
  /** Rows other than the best of the same image and class. */
  readonly repeated: number;
  readonly least: number;
  readonly most: number;
  /** Changes with the scores. */
  readonly digest: string;
}

const SHOWN = 3;

/** All distinct values of a table's class column, at most `most`. */
export async function classesIn(
  database: Database,
  { sql }: TableFile,
  path: string,
  column: string,
  most: number,
): Promise<string[]> {
  const rows = await readingTable(path, () =>
    database.rows(
      `SELECT DISTINCT trim(CAST(${quoted(column)} AS VARCHAR)) AS name FROM ${sql} WHERE ${quoted(column)} IS NOT NULL
       ORDER BY name LIMIT ${most}`,
    ),
  );
  return rows.map(({ name }) => String(name));
}

/**
 * @param classIds the project's class id for each of the table's classes
 * @param target the Parquet file to write
 */
export async function saveScores(
  database: Database,
  table: TableFile,
  {
    path,
    columns,
    classIds,
    heldOut,
    target,
  }: {
    readonly path: string;
    readonly columns: ScoreColumns;
    readonly classIds: ReadonlyMap<string, number>;
    readonly heldOut: Int32Array;
    readonly target: string;
  },
): Promise<ScoresFound> {
  return await readingTable(path, () =>
    database.isolated(async () => {
      await database.run('CREATE OR REPLACE TEMP TABLE meant(name VARCHAR, class_id INTEGER)');
      await database.append('meant', ['text', 'integer'], classIds);
      await database.run(NAMES);
      const text = (column: string) => `trim(CAST(${quoted(column)} AS VARCHAR))`;
      await database.run(
        `CREATE OR REPLACE TEMP TABLE given AS SELECT replace(${text(columns.image)}, '\\', '/') AS image,
           meant.class_id AS class_id, TRY_CAST(${text(columns.score)} AS FLOAT) AS score
         FROM ${table.sql} theirs LEFT JOIN meant ON meant.name = ${text(columns.class)}`,
      );
      await database.run(
        `CREATE OR REPLACE TEMP TABLE placed AS SELECT names.id AS image_id, given.* FROM given
         LEFT JOIN names ON names.name = given.image`,
      );
      const [unknown] = await database.rows(
        `SELECT count(DISTINCT image) AS images FROM placed WHERE image_id IS NULL`,
      );
      const some = await database.rows(
        `SELECT DISTINCT image FROM placed WHERE image_id IS NULL ORDER BY image LIMIT ${SHOWN}`,
      );
      const known = 'image_id IS NOT NULL AND class_id IS NOT NULL AND score IS NOT NULL AND isfinite(score)';
      await database.run(
        `COPY (SELECT image_id, class_id, max(score) AS score FROM placed WHERE ${known} GROUP BY image_id, class_id
           ORDER BY image_id, class_id) TO ${literal(target)} (FORMAT parquet, COMPRESSION zstd)`,
      );
      const [counts] = await database.rows(
        `SELECT count(*) AS rows, count(*) FILTER (WHERE score IS NULL OR NOT isfinite(score)) AS without,
           count(*) FILTER (WHERE ${known}) AS used FROM placed`,
      );
      const kept = parquetTable(target);
      const [found] = await database.rows(
        `SELECT count(*) AS rows, count(DISTINCT image_id) AS images, min(score) AS least, max(score) AS most,
           CAST(bit_xor(hash(image_id, class_id, score)) AS VARCHAR) AS digest FROM ${kept}`,
      );
      const heldOutImages = await database.withChosen(heldOut, () =>
        database.number(`SELECT count(DISTINCT image_id) FROM ${kept} JOIN chosen ON chosen.id = image_id`),
      );
      for (const name of ['meant', 'names', 'given', 'placed']) await database.run(`DROP TABLE IF EXISTS ${name}`);
      return {
        rows: Number(counts?.rows),
        withoutScore: Number(counts?.without),
        unknownImages: Number(unknown?.images),
        someUnknown: some.map(({ image }) => String(image)),
        images: Number(found?.images),
        heldOutImages,
        repeated: Number(counts?.used) - Number(found?.rows),
        least: Number(found?.least),
        most: Number(found?.most),
        digest: String(found?.digest),
      };
    }),
  );
}

/**
 * Accepted names of an image: its id, its path, or its path within its source if no other source has the same one.
 * Windows uses another path separator.
 */
const NAMES = `CREATE OR REPLACE TEMP TABLE names AS
  WITH paths AS (
    SELECT images.id AS id, replace(folder, '\\', '/') || '/' || replace(relative_path, '\\', '/') AS whole,
      replace(relative_path, '\\', '/') AS part
    FROM images JOIN sources ON sources.id = source_id WHERE NOT coalesce(removed, false)
  )
  SELECT name, min(id) AS id FROM (
    SELECT whole AS name, id FROM paths UNION ALL SELECT part, id FROM paths UNION ALL SELECT './' || part, id FROM paths
    UNION ALL SELECT CAST(id AS VARCHAR), id FROM paths
  ) GROUP BY name HAVING count(DISTINCT id) = 1`;
