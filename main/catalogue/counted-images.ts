/**
 * The guard against leaks by path: a file that lies in several sources counts once. A labelled one is not an unlabelled one
 * too, and a held-out one (test before val) is not a training one too. Copies under other paths are not found here.
 */
export const COUNTED_IMAGES = `(SELECT * FROM usable_images QUALIFY row_number() OVER (
  PARTITION BY folder || '/' || relative_path
  ORDER BY CASE WHEN kind = 'unlabelled' THEN 3 WHEN split = 'train' THEN 2 WHEN split = 'val' THEN 1 ELSE 0 END, id) = 1)`;
