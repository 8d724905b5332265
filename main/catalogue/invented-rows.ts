/** Rows of images and classes without files, for measuring how queries scale: creating the files would take hours. */
import type { Database } from './database.ts';

/** A thousand images per folder of the source. */
export async function inventImages(database: Database, sourceId: number, images: number): Promise<void> {
  await database.run(
    `INSERT INTO images (id, source_id, relative_path, width_px, height_px, format, bytes, modified_ms)
     SELECT range, ${sourceId}, (range // 1000) || '/' || range || '.jpg', 640, 480, 'jpeg', 50000 + range % 7919, range
     FROM range(${images})`,
  );
}

/** With ids from 0. */
export async function inventClasses(database: Database, classes: number): Promise<void> {
  await database.run(
    `INSERT INTO classes (id, name, first_name) SELECT range, 'class ' || range, 'class ' || range FROM range(${classes})`,
  );
}

/** Images with a label from their folder, with ids from `first`; the classes 0 to before `classes` take turns. */
export async function inventLabelled(
  database: Database,
  sourceId: number,
  { first, count, classes }: { readonly first: number; readonly count: number; readonly classes: number },
): Promise<void> {
  const ids = `range(${first}, ${first + count})`;
  await database.run(
    `INSERT INTO images (id, source_id, relative_path, width_px, height_px, format, bytes, modified_ms, split)
     SELECT range, ${sourceId}, (range % ${classes}) || '/' || range || '.jpg', 640, 480, 'jpeg', 50000, range, 'train' FROM ${ids}`,
  );
  await database.run(
    `INSERT INTO labels SELECT range, range % ${classes}, 'folder', now() AT TIME ZONE 'UTC' FROM ${ids}`,
  );
}
