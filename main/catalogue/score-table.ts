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
      const text = (column: string) => `trim(CAST(${quoted(column)} AS VARCHAR))`;
      await database.run(
        `CREATE OR REPLACE TEMP TABLE given AS
         SELECT regexp_replace(replace(${text(columns.image)}, '\\', '/'), '^(\\./)+', '') AS image,
           meant.class_id AS class_id, TRY_CAST(${text(columns.score)} AS FLOAT) AS score
         FROM ${table.sql} theirs LEFT JOIN meant ON meant.name = ${text(columns.class)}`,
      );
      await database.run(`CREATE OR REPLACE TEMP TABLE names AS ${await namesOfImages(database)}`);
      await database.run(
        `CREATE OR REPLACE TEMP TABLE placed AS SELECT names.id AS image_id, class_id, score,
           CASE WHEN names.id IS NULL THEN image END AS unknown
         FROM given LEFT JOIN names ON names.name = given.image`,
      );
      for (const name of ['meant', 'given', 'names']) await database.run(`DROP TABLE ${name}`);
      const unknown = 'SELECT unknown FROM placed WHERE unknown IS NOT NULL GROUP BY unknown';
      const unknownImages = await database.number(`SELECT count(*) FROM (${unknown})`);
      const some = await database.rows(`${unknown} ORDER BY unknown LIMIT ${SHOWN}`);
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
        `SELECT count(*) AS rows, min(score) AS least, max(score) AS most,
           CAST(bit_xor(hash(image_id, class_id, score)) AS VARCHAR) AS digest FROM ${kept}`,
      );
      const ofImages = `SELECT image_id FROM ${kept} GROUP BY image_id`;
      const images = await database.number(`SELECT count(*) FROM (${ofImages})`);
      const heldOutImages = await database.withChosen(heldOut, () =>
        database.number(`SELECT count(*) FROM (${ofImages}) SEMI JOIN chosen ON chosen.id = image_id`),
      );
      await database.run('DROP TABLE placed');
      return {
        rows: Number(counts?.rows),
        withoutScore: Number(counts?.without),
        unknownImages,
        someUnknown: some.map(({ unknown }) => String(unknown)),
        images,
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
 * An SQL query for the names (name, id) of images, of the kinds that occur in `given`, since a name of each kind for each
 * image is most of the work: its path, its path within its source, its id. A name of several images is left out. Windows
 * uses another path separator.
 */
async function namesOfImages(database: Database): Promise<string> {
  const [kinds] = await database.rows(
    `SELECT bool_or(whole) AS whole, bool_or(NOT whole) AS part, bool_or(id) AS id FROM (
       SELECT regexp_matches(image, '^(/|[A-Za-z]:/|s3://)') AS whole, regexp_full_match(image, '[0-9]+') AS id FROM given)`,
  );
  const folder = `replace(folder, '\\', '/')`;
  const part = `replace(relative_path, '\\', '/')`;
  const said = [
    ...(kinds?.whole ? [`${folder} || '/' || ${part}`] : []),
    ...(kinds?.part ? [part] : []),
    ...(kinds?.id ? ['CAST(images.id AS VARCHAR)'] : []),
  ].map(
    (name) => `SELECT ${name} AS name, images.id AS id FROM images JOIN sources ON sources.id = source_id
       WHERE NOT coalesce(removed, false)`,
  );
  const names = said.length > 0 ? said.join(' UNION ALL ') : `SELECT NULL::VARCHAR AS name, NULL::INTEGER AS id`;
  return `SELECT name, min(id) AS id FROM (${names}) GROUP BY name HAVING min(id) = max(id)`;
}
