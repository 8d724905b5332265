/** What a project holds, in numbers. */

import { COUNTED_IMAGES } from './counted-images.ts';
import type { Database } from './database.ts';

export interface CatalogueSummary {
  readonly sources: readonly {
    readonly id: number;
    readonly kind: string;
    readonly folder: string;
    readonly split: string | null;
    readonly images: number;
    readonly missing: number;
    readonly problems: number;
  }[];
  readonly classes: readonly {
    readonly id: number;
    readonly name: string;
    readonly train: number;
    readonly heldOut: number;
  }[];
}

export async function summarise(database: Database): Promise<CatalogueSummary> {
  const sources = await database.rows(
    `SELECT id, kind, folder, split,
       (SELECT count(*) FROM images WHERE source_id = sources.id AND NOT missing AND problem IS NULL) AS images,
       (SELECT count(*) FROM images WHERE source_id = sources.id AND missing) AS missing,
       (SELECT count(*) FROM file_problems WHERE source_id = sources.id)
         + (SELECT count(*) FROM images WHERE source_id = sources.id AND problem IS NOT NULL) AS problems
     FROM sources WHERE NOT removed ORDER BY id`,
  );
  const classes = await database.rows(
    `SELECT classes.id, name, count(*) FILTER (split = 'train') AS train, count(*) FILTER (split <> 'train') AS held_out
     FROM classes JOIN current_labels ON class_id = classes.id JOIN ${COUNTED_IMAGES} counted ON counted.id = image_id
     GROUP BY classes.id, name ORDER BY classes.id`,
  );
  return {
    sources: sources.map(({ id, kind, folder, split, images, missing, problems }) => ({
      id: Number(id),
      kind: String(kind),
      folder: String(folder),
      split: split === null ? null : String(split),
      images: Number(images),
      missing: Number(missing),
      problems: Number(problems),
    })),
    classes: classes.map(({ id, name, train, held_out }) => ({
      id: Number(id),
      name: String(name),
      train: Number(train),
      heldOut: Number(held_out),
    })),
  };
}
