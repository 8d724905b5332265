/** Annotations from a source besides classes: tags, like hashtags, and captions. */
import { createHash } from 'node:crypto';
import { at } from '../at.ts';
import type { Database } from './database.ts';

/** By image, in the original order; images without tags are left out. */
export async function tagsOf(
  database: Database,
  ids: Iterable<number>,
): Promise<ReadonlyMap<number, readonly string[]>> {
  const rows = await database.withChosen(ids, () =>
    database.rows(
      `SELECT image_id, list(tag ORDER BY image_tags.rowid) AS tags FROM image_tags
       WHERE image_id IN (SELECT id FROM chosen) GROUP BY image_id`,
    ),
  );
  return new Map(rows.map(({ image_id, tags }) => [Number(image_id), Array.isArray(tags) ? tags.map(String) : []]));
}

export interface TagCount {
  readonly tag: string;
  /** Usable images only. */
  readonly images: number;
}

/** The most frequent first, ties by name. */
export async function tagCounts(database: Database, most: number): Promise<TagCount[]> {
  const rows = await database.rows(
    `SELECT tag, count(DISTINCT image_id) AS images FROM image_tags SEMI JOIN usable_images ON usable_images.id = image_id
     GROUP BY tag ORDER BY images DESC, tag LIMIT ?`,
    [most],
  );
  return rows.map(({ tag, images }) => ({ tag: String(tag), images: Number(images) }));
}

export async function captionOf(database: Database, id: number): Promise<string | undefined> {
  const [row] = await database.rows('SELECT caption FROM image_captions WHERE image_id = ?', [id]);
  return row && String(row.caption);
}

export interface TaggedImages {
  /** The most frequent first, ties by name. */
  readonly tags: readonly string[];
  /** Columns of equal length, a row for each image and each of these tags it has, sorted by image, then tag. */
  readonly imageIds: Int32Array;
  readonly places: Int32Array;
}

/** At most `most` tags, each with a minimum number of images. Held-out images are not considered. */
export async function taggedImages(
  database: Database,
  { most, least }: { readonly most: number; readonly least: number },
  heldOut: Iterable<number>,
): Promise<TaggedImages> {
  return await database.withChosen(heldOut, async () => {
    const given = `(SELECT DISTINCT image_id, tag FROM image_tags SEMI JOIN usable_images ON usable_images.id = image_id
       WHERE image_id NOT IN (SELECT id FROM chosen))`;
    const frequent = `(SELECT tag, row_number() OVER (ORDER BY count(*) DESC, tag) - 1 AS place FROM ${given}
       GROUP BY tag HAVING count(*) >= ${least} ORDER BY place LIMIT ${most})`;
    const tags = await database.rows(`SELECT tag FROM ${frequent} ORDER BY place`);
    const [imageIds, places] = await database.columns(
      [Int32Array, Int32Array],
      `SELECT image_id, place::INTEGER FROM ${given} JOIN ${frequent} USING (tag) ORDER BY image_id, place`,
    );
    return { tags: tags.map(({ tag }) => String(tag)), imageIds, places };
  });
}

/** Usable images that have a tag. */
export async function countTagged(database: Database): Promise<number> {
  return await database.number(
    'SELECT count(DISTINCT image_id)::INTEGER FROM image_tags SEMI JOIN usable_images ON usable_images.id = image_id',
  );
}

/**
 * For each class, the unlabelled images that have a tag of its name, sorted; case, spaces, hyphens and underscores are
 * ignored. Classes without such images are left out.
 */
export async function imagesTaggedAs(
  database: Database,
  classIds: Iterable<number>,
): Promise<ReadonlyMap<number, Int32Array>> {
  const plain = (column: string) => `regexp_replace(lower(${column}), '[\\s_-]+', '', 'g')`;
  const [classes, images] = await database.withChosen(classIds, () =>
    database.columns(
      [Int32Array, Int32Array],
      `SELECT DISTINCT classes.id, image_id FROM image_tags
       JOIN classes ON ${plain('classes.name')} = ${plain('tag')} SEMI JOIN chosen ON chosen.id = classes.id
       SEMI JOIN usable_images ON usable_images.id = image_id AND usable_images.kind = 'unlabelled'
       ORDER BY classes.id, image_id`,
    ),
  );
  const found = new Map<number, number[]>();
  for (const [row, classId] of classes.entries()) {
    const own = found.get(classId) ?? [];
    own.push(at(images, row));
    found.set(classId, own);
  }
  return new Map([...found].map(([classId, ids]) => [classId, Int32Array.from(ids)]));
}

/** A digest of which images are tagged as which class. */
export function taggedAsDigest(tagged: ReadonlyMap<number, Int32Array>): string {
  const hash = createHash('sha256');
  for (const [classId, ids] of tagged) hash.update(`${classId}:${ids.join()};`);
  return hash.digest('hex');
}
