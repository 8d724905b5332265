/**
 * Restores a damaged catalogue from its copy (catalogue-copy.ts). The damaged file is kept beside it. The project must
 * not be open anywhere.
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
  /** Where the damaged file was moved to. */
  readonly aside: string | undefined;
  /** When the copy was written. */
  readonly writtenAt: string;
  /** The parts that changed after that, and are lost. */
  readonly behind: readonly ('images' | 'decisions')[];
}

/** Throws `ProjectInUse`, and `StoredDataDamaged` if there is no intact copy; nothing is changed then. */
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
    // The write-ahead log belongs to the old file and is useless for the new one.
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
    // Decisions on images that the copy does not contain: their ids may be assigned to others.
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

/** The copy is damaged as well. */
function unfit(error: unknown): never {
  if (!(error instanceof StoredDataDamaged)) throw error;
  const wayOut = 'restore the catalogue from a backup, or make a new project; the images are untouched';
  throw new StoredDataDamaged({ ...error.damage, wayOut });
}
