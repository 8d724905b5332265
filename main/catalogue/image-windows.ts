/** Pages of a project's contents: images matching a query, and files that could not be read. Paged in SQL. */
import type { Database } from './database.ts';
import { matchingImages } from './decisions.ts';

export interface Window {
  readonly offset: number;
  readonly limit: number;
}

export interface ListedImage {
  readonly imageId: number;
  readonly classIds: readonly number[];
  readonly name: string;
}

/** In order of id. */
export async function listImages(
  database: Database,
  query: Parameters<typeof matchingImages>[0],
  { offset, limit }: Window,
): Promise<{ total: number; images: ListedImage[] }> {
  const matching = matchingImages(query);
  const total = await database.number(`SELECT count(*) FROM (${matching})`);
  const rows = await database.rows(
    `WITH listed AS MATERIALIZED (SELECT image_id FROM (${matching}) ORDER BY image_id LIMIT ? OFFSET ?),
       their_labels AS (SELECT image_id, string_agg(class_id, ' ' ORDER BY class_id) AS class_ids
         FROM image_labels SEMI JOIN listed USING (image_id) GROUP BY image_id)
     SELECT images.id, class_ids, parse_filename(relative_path) AS name
     FROM listed JOIN images ON images.id = listed.image_id LEFT JOIN their_labels USING (image_id)
     ORDER BY images.id`,
    [limit, offset],
  );
  return {
    total: total,
    images: rows.map(({ id, class_ids, name }) => ({
      imageId: Number(id),
      classIds: typeof class_ids === 'string' ? class_ids.split(' ').map(Number) : [],
      name: String(name),
    })),
  };
}

/** A problem with an archive source as a whole has an empty path. */
export const PROBLEMS = `(SELECT folder || CASE WHEN relative_path = '' THEN '' ELSE '/' || relative_path END AS path, reason
  FROM file_problems JOIN sources ON sources.id = source_id
  UNION ALL
  SELECT folder || '/' || relative_path, problem FROM images JOIN sources ON sources.id = source_id
  WHERE problem IS NOT NULL AND NOT missing)`;

/** In order of path. */
export async function listProblems(
  database: Database,
  { offset, limit }: Window,
): Promise<{ total: number; problems: { path: string; reason: string }[] }> {
  const total = await database.number(`SELECT count(*) FROM ${PROBLEMS}`);
  const rows = await database.rows(`SELECT path, reason FROM ${PROBLEMS} ORDER BY path LIMIT ? OFFSET ?`, [
    limit,
    offset,
  ]);
  return {
    total: total,
    problems: rows.map(({ path, reason }) => ({ path: String(path), reason: String(reason) })),
  };
}

export interface ClassCounts {
  readonly classId: number;
  readonly train: number;
  readonly heldOut: number;
  readonly byHand: number;
  /** One of its images, preferably a training image. */
  readonly exampleImageId: number;
}

/** Labelled images per class, for classes that have any; `byHand` counts those among the training images. */
export async function countClasses(database: Database, counted: string): Promise<Map<number, ClassCounts>> {
  const rows = await database.rows(
    `SELECT class_id, count(*) FILTER (split = 'train') AS train, count(*) FILTER (split <> 'train') AS held_out,
       count(*) FILTER (split = 'train' AND label.source = 'hand') AS by_hand,
       coalesce(min(counted.id) FILTER (split = 'train'), min(counted.id)) AS example
     FROM ${counted} counted JOIN image_labels label ON label.image_id = counted.id
     WHERE kind = 'labelled' GROUP BY class_id`,
  );
  const counts = rows.map((row) => ({
    classId: Number(row.class_id),
    train: Number(row.train),
    heldOut: Number(row.held_out),
    byHand: Number(row.by_hand),
    exampleImageId: Number(row.example),
  }));
  return new Map(counts.map((count) => [count.classId, count]));
}
