/**
 * Makes a damaged catalogue again from its copy (catalogue-copy.ts). The damaged one is kept beside it. The project is open
 * nowhere meanwhile.
 */
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { putAside, TEMPORARY_SUFFIX } from '../atomic-file.ts';
import { StoredDataDamaged } from '../stored-data.ts';
import { type CatalogueList, openCopiedTable, partsBehind, readCopy } from './catalogue-copy.ts';
import { Database } from './database.ts';
import { migrateTo } from './migrate.ts';
import { cataloguePath, openCatalogue } from './open-catalogue.ts';
import { parquetTable } from './parquet.ts';

export interface RestoredCatalogue {
  /** Where the damaged one is kept. */
  readonly aside: string | undefined;
  /** When the copy was written. */
  readonly writtenAt: string;
  /** What changed after that, and is lost. */
  readonly behind: readonly ('images' | 'decisions')[];
}

/** Throws `ProjectInUse`, and `StoredDataDamaged` when there is no copy that is whole; nothing is changed then. */
export async function restoreCatalogue(directory: string): Promise<RestoredCatalogue> {
  await requireUnused(directory);
  const list = await readCopy(directory).catch(unfit);
  const path = cataloguePath(directory);
  const temporary = `${path}.restored${TEMPORARY_SUFFIX}`;
  for (const name of [temporary, `${temporary}.wal`]) await rm(name, { force: true });
  try {
    const database = await Database.open(temporary);
    try {
      await fill(database, directory, list);
    } finally {
      database.close();
    }
    const aside = existsSync(path) ? await putAside(path) : undefined;
    // Changes that were not in the file yet: of no use for another file.
    await putAside(`${path}.wal`);
    await rename(temporary, path);
    return { aside, writtenAt: list.writtenAt, behind: partsBehind(directory) };
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function fill(database: Database, directory: string, list: CatalogueList): Promise<void> {
  await migrateTo(database, list.version);
  await database.transaction(async () => {
    for (const table of Object.keys(list.tables)) {
      const file = await openCopiedTable(directory, list, table).catch(unfit);
      if (file === undefined || table === 'migrations') continue;
      await database.run(`DELETE FROM "${table}"`);
      await database.run(`INSERT INTO "${table}" BY NAME SELECT * FROM ${parquetTable(file)}`);
    }
    // Of images that the copy does not have yet: their numbers may become those of others.
    for (const table of ['decisions', 'spot_checks']) {
      await database.run(`DELETE FROM ${table} WHERE image_id NOT IN (SELECT id FROM images)`);
    }
    await database.run(`CREATE OR REPLACE SEQUENCE action_ids START ${list.lastAction + 1}`);
  });
}

/** A catalogue that cannot be opened is not in use. */
async function requireUnused(directory: string): Promise<void> {
  if (!existsSync(cataloguePath(directory))) return;
  try {
    const opened = await openCatalogue(directory, { readOnly: true });
    await opened.release();
  } catch (error) {
    if (!(error instanceof StoredDataDamaged)) throw error;
  }
}

/** Of a copy that is damaged as well. */
function unfit(error: unknown): never {
  if (!(error instanceof StoredDataDamaged)) throw error;
  const wayOut = 'restore the catalogue from a backup, or make a new project; the images are untouched';
  throw new StoredDataDamaged({ ...error.damage, wayOut });
}
