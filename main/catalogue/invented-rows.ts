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
