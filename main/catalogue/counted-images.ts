/**
 * The guard against leaks by path, link, mount and copy: a picture that is several images counts once. A labelled one is not
 * an unlabelled one too, and a held-out one (test before val) is not a training one too. A picture whose copies have different
 * classes counts for none of them: whichever were taken, the other folder says that it is wrong. Only images that may be one
 * picture are compared: of sources whose folders lie in one another, those that a scan found to share a file (by device and
 * number; size and time too, since some file systems give numbers anew), and labelled ones whose files are byte-equal
 * (same-pictures.ts). An unlabelled copy of a held-out image is found among the near-copies.
 */
const OVERLAPPING = `(SELECT a.id FROM sources a JOIN sources b ON a.id <> b.id AND (
  starts_with(rtrim(a.folder, '/') || '/', rtrim(b.folder, '/') || '/')
  OR starts_with(rtrim(b.folder, '/') || '/', rtrim(a.folder, '/') || '/')))`;

const COMPARED = `(source_id IN ${OVERLAPPING} OR id IN (SELECT image_id FROM shared_files)
  OR id IN (SELECT image_id FROM same_pictures))`;

const BEST_FIRST = `ORDER BY
  CASE WHEN kind = 'unlabelled' THEN 3 WHEN split = 'train' THEN 2 WHEN split = 'val' THEN 1 ELSE 0 END, id`;

/** A path that two sources lead to is what the inner one says: the outer one would take a folder's name for its class. */
const ONE_A_PATH = `(SELECT * FROM usable_images WHERE ${COMPARED}
  QUALIFY row_number() OVER (PARTITION BY rtrim(folder, '/') || '/' || relative_path ${BEST_FIRST}) = 1)`;

const WITH_PICTURES = `(SELECT one.*, picture,
    min(class_id) OVER (PARTITION BY picture) IS DISTINCT FROM max(class_id) OVER (PARTITION BY picture) AS differs
  FROM ${ONE_A_PATH} one LEFT JOIN same_pictures ON same_pictures.image_id = one.id AND one.kind = 'labelled'
    LEFT JOIN current_labels ON current_labels.image_id = one.id)`;

const CONTRADICTED = '(picture IS NOT NULL AND differs)';

/** The usable images whose picture has another class elsewhere, with the number of their `picture`. */
export const CONTRADICTED_IMAGES = `(SELECT * FROM ${WITH_PICTURES} WHERE ${CONTRADICTED})`;

const COUNTED_OF_COMPARED = `(SELECT * EXCLUDE (picture, differs) FROM ${WITH_PICTURES} WHERE NOT ${CONTRADICTED}
  QUALIFY row_number() OVER (PARTITION BY coalesce(file_id, -1 - id), bytes, modified_ms ${BEST_FIRST}) = 1
    AND row_number() OVER (PARTITION BY coalesce(picture, -1 - id) ${BEST_FIRST}) = 1)`;

export const COUNTED_IMAGES = `(SELECT * FROM usable_images WHERE NOT ${COMPARED}
UNION ALL
SELECT * FROM ${COUNTED_OF_COMPARED})`;

/** The usable images that count as another one. */
export const REPEATED_IMAGES = `(SELECT * FROM usable_images WHERE ${COMPARED}
  AND id NOT IN (SELECT id FROM ${COUNTED_OF_COMPARED}) AND id NOT IN (SELECT id FROM ${CONTRADICTED_IMAGES}))`;
