/**
 * Parquet files, written atomically from numeric columns or rows; several processes that write the same one each write
 * their own temporary file first.
 */
import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { TEMPORARY_SUFFIX } from '../atomic-file.ts';
import { type ColumnType, type Database, literal, type RowValues } from './database.ts';

const WIDE_IDS = '* REPLACE (image_id::BIGINT AS image_id)';

/**
 * Columns of equal length, including image_id; integers as INTEGER, others as FLOAT. `stored` gives the types in the
 * file: image ids have 64 bits.
 */
export async function saveParquet(
  database: Database,
  path: string,
  columns: Readonly<Record<string, Int32Array | Float32Array>>,
  stored = WIDE_IDS,
): Promise<void> {
  const data = Object.values(columns);
  const types = Object.entries(columns).map(
    ([name, column]) => [name, column instanceof Int32Array ? 'integer' : 'float'] as const,
  );
  await save(database, path, Object.fromEntries(types), () => database.appendColumns('saved', data), stored);
}

/** One file, or several of the same shape, as an SQL table expression; a `*` in a name matches several too. */
export function parquetTable(files: string | readonly string[]): string {
  return `read_parquet(${typeof files === 'string' ? literal(files) : `[${files.map(literal).join(', ')}]`})`;
}

/** `columns` gives the type of each column. */
export async function saveRows(
  database: Database,
  path: string,
  columns: Readonly<Record<string, ColumnType>>,
  rows: Iterable<RowValues>,
): Promise<void> {
  await save(database, path, columns, () => database.append('saved', Object.values(columns), rows), '*');
}

/** Writes the result of a query directly, without passing through JavaScript. */
export async function copyToParquet(database: Database, path: string, query: string): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}${TEMPORARY_SUFFIX}`;
  try {
    await database.run(`COPY (${query}) TO ${literal(temporary)} (FORMAT parquet, COMPRESSION zstd)`);
    await flush(temporary);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function save(
  database: Database,
  path: string,
  columns: Readonly<Record<string, ColumnType>>,
  fill: () => Promise<void>,
  stored: string,
): Promise<void> {
  const declared = Object.entries(columns).map(([name, type]) => `${name} ${type}`);
  await database.isolated(async () => {
    await database.run(`CREATE OR REPLACE TEMP TABLE saved(${declared.join(', ')})`);
    try {
      await fill();
      await copyToParquet(database, path, `SELECT ${stored} FROM saved`);
    } finally {
      // The next call replaces the table anyway; the first error is the one to report.
      await database.run('DROP TABLE saved').catch(() => {});
    }
  });
}

async function flush(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
