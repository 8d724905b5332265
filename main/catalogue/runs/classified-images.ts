/** The images of a classification, in Parquet files of a few thousand rows each. */
import type { Database, RowValues } from '../database.ts';
import { parquetTable, saveRows } from '../parquet.ts';

const COLUMNS = {
  place: 'integer',
  path: 'text',
  file: 'text',
  /** JSON: the best classes and their confidences. */
  top: 'text',
  /** JSON: the classes that reach their thresholds, if images may have several; null if an image has one. */
  said: 'text',
  unreadable: 'text',
  unlike: 'integer',
} as const;

export interface ClassifiedRow {
  readonly place: number;
  /** The path shown to the user. */
  readonly path: string;
  /** The location of the file. */
  readonly file: string;
  readonly top: unknown;
  /** Undefined if an image has one class. */
  readonly said?: unknown;
  readonly unreadable: string | null;
  /** Unlike anything the model learned from. */
  readonly unlike: boolean;
}

export async function writeClassified(
  database: Database,
  path: string,
  images: Iterable<ClassifiedRow>,
): Promise<void> {
  await saveRows(database, path, COLUMNS, rowsOf(images));
}

/** In order of place. */
export async function readClassified(
  database: Database,
  files: readonly string[],
  { offset, limit }: { readonly offset: number; readonly limit: number },
): Promise<ClassifiedRow[]> {
  const rows = await database.rows(
    // Files of earlier versions lack the columns `unlike` and `said`.
    `SELECT * FROM ${parquetTable(files)} ORDER BY place LIMIT ? OFFSET ?`,
    [limit, offset],
  );
  return rows.map(({ place, path, file, top, said, unreadable, unlike }) => ({
    place: Number(place),
    path: String(path),
    file: String(file),
    top: JSON.parse(String(top)) as unknown,
    ...(typeof said === 'string' ? { said: JSON.parse(said) as unknown } : {}),
    unreadable: unreadable === null ? null : String(unreadable),
    unlike: Number(unlike) === 1,
  }));
}

/** The location of the image at this place. */
export async function classifiedFileAt(
  database: Database,
  files: readonly string[],
  place: number,
): Promise<string | undefined> {
  const [row] = await database.rows(`SELECT file FROM ${parquetTable(files)} WHERE place = ?`, [place]);
  return row && String(row.file);
}

function* rowsOf(images: Iterable<ClassifiedRow>): Generator<RowValues> {
  for (const { place, path, file, top, said, unreadable, unlike } of images) {
    const several = said === undefined ? null : JSON.stringify(said);
    yield [place, path, file, JSON.stringify(top), several, unreadable, Number(unlike)];
  }
}
