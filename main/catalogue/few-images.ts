/** A few images that show what a project is about: one of each class, then others. */
import type { Database } from './database.ts';
import { imagePaths, type PlacedImage } from './image-paths.ts';

/** At most `count`, always the same ones for the same collection. */
export async function fewImages(database: Database, count: number): Promise<PlacedImage[]> {
  const ids = await database.integers(
    `SELECT id FROM usable_images LEFT JOIN current_labels ON image_id = id
     QUALIFY row_number() OVER (PARTITION BY class_id ORDER BY id) <= ${count}
     ORDER BY class_id IS NULL, row_number() OVER (PARTITION BY class_id ORDER BY id), class_id, id LIMIT ${count}`,
  );
  const places = await imagePaths({ database }, ids);
  return [...ids].flatMap((id) => places.get(id) ?? []);
}
