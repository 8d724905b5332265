/**
 * The guard against leaks by path, link, mount and copy: a picture present as several images counts once. A labelled
 * image is not also an unlabelled one, and a held-out one (test before val) is not also a training one, whatever their
 * classes. A picture whose copies have different classes counts once for each class, all on the same side: nothing says
 * which folder is wrong, and the user is told. Only images that can be the same picture are compared: those of sources
 * whose folders are nested, those that a scan found to share a file (by device and inode number; size and time too,
 * since some file systems reassign the numbers), and labelled ones whose files are byte-equal (same-pictures.ts). An
 * unlabelled copy of a held-out image is found among the near-copies.
 */
import type { Database } from './database.ts';

const OVERLAPPING = `(SELECT a.id FROM sources a JOIN sources b ON a.id <> b.id AND (
  starts_with(rtrim(a.folder, '/') || '/', rtrim(b.folder, '/') || '/')
  OR starts_with(rtrim(b.folder, '/') || '/', rtrim(a.folder, '/') || '/')))`;

const COMPARED = `(source_id IN ${OVERLAPPING} OR id IN (SELECT image_id FROM shared_files)
  OR id IN (SELECT image_id FROM same_pictures))`;

const SIDE = "CASE WHEN kind = 'unlabelled' THEN 3 WHEN split = 'train' THEN 2 WHEN split = 'val' THEN 1 ELSE 0 END";

/**
 * A path reachable from two sources has the label of the inner one: the outer one would mistake a folder's name for its
 * class. From here on rows hold only the deciding columns: whole rows of millions of images do not fit into the
 * database's memory.
 */
const ONE_A_PATH = `(SELECT id, kind, file_id, bytes, modified_ms, ${SIDE} AS side FROM usable_images WHERE ${COMPARED}
  QUALIFY row_number() OVER (PARTITION BY rtrim(folder, '/') || '/' || relative_path ORDER BY side, id) = 1)`;

/** The kind is tested outside the join: in its condition, it makes DuckDB compare every image with every row (a nested loop). */
const PLACED = `(SELECT one.*, class_id, coalesce(file_id, -1 - id) AS file,
    coalesce(CASE WHEN kind = 'labelled' THEN picture END, -1 - id) AS picture
  FROM ${ONE_A_PATH} one LEFT JOIN same_pictures ON same_pictures.image_id = one.id
    LEFT JOIN current_labels ON current_labels.image_id = one.id)`;

/** Keeps the image on the best side of its group, and the first of each class there. */
const firstOf = (group: string) => `side = min(side) OVER (PARTITION BY ${group})
  AND row_number() OVER (PARTITION BY ${group}, class_id ORDER BY side, id) = 1`;

const COUNTED_OF_COMPARED = `(SELECT id FROM ${PLACED}
  QUALIFY ${firstOf('file, bytes, modified_ms')} AND ${firstOf('picture')})`;

export const COUNTED_IMAGES = `(SELECT * FROM usable_images WHERE NOT ${COMPARED}
UNION ALL
SELECT * FROM usable_images WHERE id IN ${COUNTED_OF_COMPARED})`;

/** The usable images that count as another one. */
export const REPEATED_IMAGES = `(SELECT * FROM usable_images WHERE ${COMPARED}
  AND id NOT IN ${COUNTED_OF_COMPARED})`;

/** The usable images whose picture has another class elsewhere; its number is `picture` and the class `class_id`. */
export const CONTRADICTED_IMAGES = `(SELECT usable_images.*, class_id, picture
  FROM (SELECT id, class_id, picture FROM ${PLACED} WHERE picture >= 0
    QUALIFY min(class_id) OVER (PARTITION BY picture) <> max(class_id) OVER (PARTITION BY picture))
  JOIN usable_images USING (id))`;

/** Whether any two images could be the same picture; if not, all usable ones count, and nothing has to be compared. */
export async function mayRepeat(database: Database): Promise<boolean> {
  const found = await database.number(
    `SELECT (EXISTS (SELECT 1 FROM shared_files) OR EXISTS (SELECT 1 FROM same_pictures)
       OR EXISTS (SELECT 1 FROM ${OVERLAPPING}))::INTEGER`,
  );
  return found === 1;
}

/**
 * The simplest expression equivalent to `COUNTED_IMAGES` for the current catalogue: the full one takes DuckDB longer to
 * plan.
 */
export async function countedImages(database: Database): Promise<string> {
  return (await mayRepeat(database)) ? COUNTED_IMAGES : 'usable_images';
}
