/**
 * A copy of the catalogue before a migration. The database makes it itself: opening and closing the file from here
 * would release the lock that keeps other processes out (open-catalogue.ts).
 */
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TEMPORARY_SUFFIX } from '../atomic-file.ts';
import { type Database, literal } from './database.ts';

/** Writes `catalogue.before-vN.duckdb` into the project's folder, where N is the version to migrate to. */
export async function backUpCatalogue(database: Database, directory: string, nextVersion: number): Promise<void> {
  const path = join(directory, `catalogue.before-v${nextVersion}.duckdb`);
  const temporary = `${path}${TEMPORARY_SUFFIX}`;
  await rm(temporary, { force: true });
  await database.run(`ATTACH ${literal(temporary)} AS backup`);
  try {
    const [row] = await database.rows('SELECT current_database() AS name');
    await database.run(`COPY FROM DATABASE "${String(row?.name)}" TO backup`);
  } finally {
    await database.run('DETACH backup');
  }
  await rename(temporary, path);
}
