/**
 * Missing images that are back in their place unchanged: a reconnected disk, a file that was put back. A file that came
 * back as another version is found by the next scan of its folder, which inspects it.
 */
import { basename, dirname } from 'node:path';
import { pathIn } from '../object-address.ts';
import type { Database } from './database.ts';
import { IMAGES_WITH_PLACES, PLACE_COLUMNS, placedOf } from './image-paths.ts';

const ROWS_AT_ONCE = 8192;

/** Lists a folder, in an object storage too. Gives the version of each name; undefined for what does not exist. */
type LookInto = (
  folder: string,
) => Promise<(name: string) => Promise<{ readonly bytes: number; readonly modifiedMs: number } | undefined>>;

/**
 * Marks them as present and returns their number. Costs one listing per folder with missing images, and nothing if none
 * is missing.
 */
export async function takeReturnedImages(database: Database, lookInto: LookInto): Promise<number> {
  let returned = 0;
  let listed: { readonly folder: string; readonly files: Awaited<ReturnType<LookInto>> } | undefined;
  const filesIn = async (folder: string) => {
    if (listed?.folder !== folder) listed = { folder, files: await lookInto(folder) };
    return listed.files;
  };
  for (let next = 0; ; ) {
    const rows = await database.rows(
      `SELECT images.id, ${PLACE_COLUMNS}, archives.bytes AS archive_bytes, archives.modified_ms AS archive_modified_ms
       FROM ${IMAGES_WITH_PLACES}
       WHERE missing AND NOT removed AND images.id >= ? ORDER BY images.id LIMIT ${ROWS_AT_ONCE}`,
      [next],
    );
    const there: number[] = [];
    for (const row of rows) {
      const { folder, relativePath, bytes, modifiedMs, entry } = placedOf(row);
      next = Number(row.id) + 1;
      // An entry is present if its archive is, unchanged.
      const path = pathIn(folder, entry ? entry.archive : relativePath);
      const [wanted, wantedMs] = entry ? [row.archive_bytes, row.archive_modified_ms] : [bytes, modifiedMs];
      const found = await (await filesIn(dirname(path)))(basename(path));
      if (found && found.bytes === wanted && found.modifiedMs === wantedMs) there.push(Number(row.id));
    }
    await setMissing(database, there, false);
    returned += there.length;
    if (rows.length < ROWS_AT_ONCE) return returned;
  }
}

/** Missing images are in no set, keep their ids and labels, and are looked for again. */
export async function setMissing(database: Database, ids: readonly number[], missing: boolean): Promise<void> {
  if (ids.length === 0) return;
  await database.withChosen(ids, () =>
    database.run('UPDATE images SET missing = ? WHERE id IN (SELECT id FROM chosen)', [missing]),
  );
}
