/**
 * The guard against leaks by path, link and mount: a file that is several images counts once. A labelled one is not an
 * unlabelled one too, and a held-out one (test before val) is not a training one too. Copies are other files, and not found
 * here. Only images that may be one file are compared: of sources whose folders lie in one another, and those that a scan
 * found to share a file (by device and number; size and time too, since some file systems give numbers anew).
 */
const OVERLAPPING = `(SELECT a.id FROM sources a JOIN sources b ON a.id <> b.id AND (
  starts_with(rtrim(a.folder, '/') || '/', rtrim(b.folder, '/') || '/')
  OR starts_with(rtrim(b.folder, '/') || '/', rtrim(a.folder, '/') || '/')))`;

const COMPARED = `(source_id IN ${OVERLAPPING} OR id IN (SELECT image_id FROM shared_files))`;

const BEST_FIRST = `ORDER BY
  CASE WHEN kind = 'unlabelled' THEN 3 WHEN split = 'train' THEN 2 WHEN split = 'val' THEN 1 ELSE 0 END, id`;

const FIRST_OF_ITS_FILE = `row_number() OVER (PARTITION BY rtrim(folder, '/') || '/' || relative_path ${BEST_FIRST}) = 1
  AND row_number() OVER (PARTITION BY coalesce(file_id, -1 - id), bytes, modified_ms ${BEST_FIRST}) = 1`;

export const COUNTED_IMAGES = `(SELECT * FROM usable_images WHERE NOT ${COMPARED}
UNION ALL
SELECT * FROM usable_images WHERE ${COMPARED} QUALIFY ${FIRST_OF_ITS_FILE})`;

/** The usable images that count as another one. */
export const REPEATED_IMAGES = `(SELECT * FROM usable_images WHERE ${COMPARED} QUALIFY NOT (${FIRST_OF_ITS_FILE}))`;
