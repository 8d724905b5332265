/** Numeric columns as a Parquet file, written atomically. */
import { rename, rm } from 'node:fs/promises';
import { TEMPORARY_SUFFIX } from '../atomic-file.ts';
import { type Database, literal, type RowValues } from './database.ts';

/** Columns of one length; whole numbers as INTEGER, others as FLOAT. */
export async function saveParquet(
  database: Database,
  path: string,
  columns: Readonly<Record<string, Int32Array | Float32Array>>,
): Promise<void> {
  const temporary = `${path}${TEMPORARY_SUFFIX}`;
  const entries = Object.entries(columns);
  const types = entries.map(([, data]) => (data instanceof Int32Array ? 'integer' : 'float'));
  const declared = entries.map(([name], index) => `${name} ${types[index]}`).join(', ');
  await database.run(`CREATE OR REPLACE TEMP TABLE saved(${declared})`);
  try {
    await database.append('saved', types, rowsOf(entries.map(([, data]) => data)));
    await database.run(`COPY saved TO ${literal(temporary)} (FORMAT parquet, COMPRESSION zstd)`);
    await rename(temporary, path);
  } finally {
    await database.run('DROP TABLE saved');
    await rm(temporary, { force: true });
  }
}

function* rowsOf(columns: readonly (Int32Array | Float32Array)[]): Generator<RowValues> {
  const length = columns[0]?.length ?? 0;
  for (let row = 0; row < length; row++) yield columns.map((column) => column[row] ?? 0);
}
