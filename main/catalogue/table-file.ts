/**
 * A CSV or Parquet table made elsewhere, as the database reads it, with its own column names. Nothing but its values is
 * trusted.
 */
import { existsSync } from 'node:fs';
import { ExpectedFailure, messageOf } from '../failure.ts';
import { csvReading, TableUnreadable, whyUnreadable } from './csv-reading.ts';
import type { Database } from './database.ts';
import { parquetTable } from './parquet.ts';

export interface TableFile {
  readonly columns: readonly string[];
  /** An SQL table expression with these columns. */
  readonly sql: string;
  /** Whether the first line names the columns; if not, they are column0, column1 … */
  readonly hasHeader: boolean;
}

const MOST_COLUMNS = 10_000;

/**
 * @param isHeader whether the first line of a CSV file, given its trimmed cells, names the columns. Throws
 * `TableUnreadable`, also later in queries run through `readingTable`.
 */
export async function openTableFile(
  database: Database,
  path: string,
  isHeader: (cells: readonly string[]) => boolean,
): Promise<TableFile> {
  if (!existsSync(path)) throw new TableUnreadable(`There is no file ${path}: check the path.`);
  return await readingTable(path, async () => {
    if (/\.(parquet|pq)$/i.test(path)) {
      const sql = parquetTable(path);
      return { columns: await columnsOf(database, sql), sql, hasHeader: true };
    }
    const reading = await csvReading(path);
    const columns = await columnsOf(database, reading);
    if (columns.length > MOST_COLUMNS)
      throw new TableUnreadable(`${path} has ${columns.length} columns: give a table with fewer.`);
    const [first] = await database.rows(`SELECT * FROM ${reading} LIMIT 1`);
    if (!first) throw new TableUnreadable(`${path} is empty: give a table with a row for each image or class.`);
    const cells = columns.map((column) => (typeof first[column] === 'string' ? first[column].trim() : ''));
    if (!isHeader(cells)) return { columns, sql: reading, hasHeader: false };
    const renamed = columns.map((column, index) => `${quoted(column)} AS ${quoted(uniqueName(cells, index))}`);
    return {
      columns: cells.map((_, index) => uniqueName(cells, index)),
      // Rows keep their order: the first is the one that names the columns.
      sql: `(SELECT ${renamed.join(', ')} FROM ${reading} OFFSET 1)`,
      hasHeader: true,
    };
  });
}

/** Converts errors of reading the table to `TableUnreadable`: it is read lazily, so damage may show in any query. */
export async function readingTable<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ExpectedFailure) throw error;
    throw new TableUnreadable(
      `${path} is not a readable table (${whyUnreadable(messageOf(error))}): give a CSV file in UTF-8, or Parquet.`,
      { cause: error },
    );
  }
}

/** Two of its columns as trimmed texts, row by row; at most `most`. Throws `TableUnreadable`. */
export async function readPairs(
  database: Database,
  path: string,
  { sql }: TableFile,
  [first, second]: readonly [string, string],
  most: number,
): Promise<readonly (readonly [string | null, string | null])[]> {
  const text = (column: string) => `trim(CAST(${quoted(column)} AS VARCHAR))`;
  const rows = await readingTable(path, () =>
    database.rows(`SELECT ${text(first)} AS one, ${text(second)} AS other FROM ${sql} LIMIT ${most}`),
  );
  const textOrNull = (value: unknown) => (value === null ? null : String(value));
  return rows.map(({ one, other }) => [textOrNull(one), textOrNull(other)]);
}

/** A column's name in SQL. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

async function columnsOf(database: Database, sql: string): Promise<string[]> {
  return (await database.rows(`DESCRIBE SELECT * FROM ${sql}`)).map(({ column_name }) => String(column_name));
}

/** SQL column names must differ, ignoring case. */
function uniqueName(cells: readonly string[], index: number): string {
  const name = cells[index] === '' ? `column${index}` : `${cells[index]}`;
  const before = cells.slice(0, index).filter((other) => other.toLowerCase() === name.toLowerCase()).length;
  return before === 0 ? name : `${name}_${index}`;
}
