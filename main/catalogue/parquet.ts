/** Numeric columns as a Parquet file, there whole or not at all. */
import { open, rename, rm } from 'node:fs/promises';
import { at } from '../at.ts';
import { TEMPORARY_SUFFIX } from '../atomic-file.ts';
import { type ColumnType, type Database, literal, type RowValues } from './database.ts';

/** Columns of one length; whole numbers as INTEGER, others as FLOAT. */
export async function saveParquet(
  database: Database,
  path: string,
  columns: Readonly<Record<string, Int32Array | Float32Array>>,
): Promise<void> {
  const entries = Object.entries(columns);
  const declared = entries.map(([name, data]) => [name, data instanceof Int32Array ? 'integer' : 'float'] as const);
  await saveRows(database, path, Object.fromEntries(declared), rowsOf(entries.map(([, data]) => data)));
}

/** `columns` names each column's type; `stored` may narrow the types on the way to the file. */
export async function saveRows(
  database: Database,
  path: string,
  columns: Readonly<Record<string, ColumnType>>,
  rows: Iterable<RowValues>,
  stored = '*',
): Promise<void> {
  const temporary = `${path}${TEMPORARY_SUFFIX}`;
  const declared = Object.entries(columns).map(([name, type]) => `${name} ${type}`);
  await database.isolated(async () => {
    await database.run(`CREATE OR REPLACE TEMP TABLE saved(${declared.join(', ')})`);
    try {
      await database.append('saved', Object.values(columns), rows);
      await database.run(
        `COPY (SELECT ${stored} FROM saved) TO ${literal(temporary)} (FORMAT parquet, COMPRESSION zstd)`,
      );
      await flush(temporary);
      await rename(temporary, path);
    } finally {
      // The next one replaces the table anyway; the first error is the one to report.
      await database.run('DROP TABLE saved').catch(() => {});
      await rm(temporary, { force: true });
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

function* rowsOf(columns: readonly (Int32Array | Float32Array)[]): Generator<RowValues> {
  const length = columns[0]?.length ?? 0;
  for (let row = 0; row < length; row++) yield columns.map((column) => at(column, row));
}
