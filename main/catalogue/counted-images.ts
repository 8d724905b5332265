/**
 * The guard against leaks by path: a file that lies in several sources counts once. A labelled one is not an unlabelled one
 * too, and a held-out one (test before val) is not a training one too. Copies under other paths are not found here.
 * Only sources whose folders lie in one another are compared file by file: paths are long, and there may be millions.
 */
const OVERLAPPING = `(SELECT a.id FROM sources a JOIN sources b ON a.id <> b.id AND (
  starts_with(rtrim(a.folder, '/') || '/', rtrim(b.folder, '/') || '/')
  OR starts_with(rtrim(b.folder, '/') || '/', rtrim(a.folder, '/') || '/')))`;

export const COUNTED_IMAGES = `(SELECT * FROM usable_images WHERE source_id NOT IN ${OVERLAPPING}
UNION ALL
SELECT * FROM usable_images WHERE source_id IN ${OVERLAPPING} QUALIFY row_number() OVER (
  PARTITION BY rtrim(folder, '/') || '/' || relative_path
  ORDER BY CASE WHEN kind = 'unlabelled' THEN 3 WHEN split = 'train' THEN 2 WHEN split = 'val' THEN 1 ELSE 0 END, id) = 1)`;
