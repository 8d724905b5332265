/**
 * Where chosen images lie, as one Parquet file in order of id: for processes on other machines, which cannot open the
 * catalogue.
 */
import { at } from '../../at.ts';
import type { Database } from '../database.ts';
import { IMAGES_WITH_PLACES, type ImageFile, imageFileOf, PLACE_COLUMNS } from '../image-paths.ts';
import { copyToParquet, parquetTable } from '../parquet.ts';

export async function writeImageList(database: Database, path: string, ids: Int32Array): Promise<void> {
  await database.withChosen(ids, async () => {
    await copyToParquet(
      database,
      path,
      `SELECT images.id, ${PLACE_COLUMNS}, format FROM ${IMAGES_WITH_PLACES}
       SEMI JOIN chosen ON chosen.id = images.id ORDER BY images.id`,
    );
  });
}

/** @param ids sorted. Images that the list does not have are left out */
export async function readImageList(database: Database, path: string, ids: Int32Array): Promise<ImageFile[]> {
  if (ids.length === 0) return [];
  const range = `id BETWEEN ${at(ids, 0)} AND ${at(ids, ids.length - 1)}`;
  const rows = await database.withChosen(ids, () =>
    database.rows(`SELECT * FROM ${parquetTable(path)} SEMI JOIN chosen USING (id) WHERE ${range} ORDER BY id`),
  );
  return rows.map(imageFileOf);
}
