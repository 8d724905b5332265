/** The contents of a project in numbers. */

import { visible } from '../visible.ts';
import { lookAlikes } from './class-names.ts';
import { mayRepeat, REPEATED_IMAGES } from './counted-images.ts';
import type { Database } from './database.ts';
import { contradictionNotes } from './same-pictures.ts';

export interface CatalogueSummary {
  readonly sources: readonly {
    readonly id: number;
    readonly kind: string;
    readonly folder: string;
    /** The list that names its images; null if the source is everything in the folder. */
    readonly manifest: string | null;
    readonly split: string | null;
    readonly images: number;
    readonly missing: number;
    readonly problems: number;
    /** How many of `images` are the same picture as another image, and count as that one. */
    readonly repeated: number;
    /** What the user should know about the source, one sentence each. */
    readonly notes: readonly string[];
  }[];
  readonly classes: readonly {
    readonly id: number;
    readonly name: string;
    readonly train: number;
    readonly heldOut: number;
  }[];
  /** What the user should know about the classes and their images, one sentence each. */
  readonly notes: readonly string[];
}

export async function summarise(database: Database): Promise<CatalogueSummary> {
  return await database.isolated(async () => {
    const repeats = await mayRepeat(database);
    // Computed once for all queries below: finding repeats compares every image.
    if (repeats)
      await database.run(`CREATE OR REPLACE TEMP TABLE repeated AS SELECT id, source_id FROM ${REPEATED_IMAGES}`);
    try {
      return await summaryOf(database, repeats);
    } finally {
      if (repeats) await database.run('DROP TABLE repeated');
    }
  });
}

async function summaryOf(database: Database, repeats: boolean): Promise<CatalogueSummary> {
  const sources = await database.rows(
    `SELECT id, kind, folder, split, manifest,
       (SELECT count(*) FROM images WHERE source_id = sources.id AND NOT missing AND problem IS NULL) AS images,
       (SELECT count(*) FROM images WHERE source_id = sources.id AND missing) AS missing,
       (SELECT count(*) FROM file_problems WHERE source_id = sources.id)
         + (SELECT count(*) FROM images WHERE source_id = sources.id AND problem IS NOT NULL) AS problems
     FROM sources WHERE NOT removed ORDER BY id`,
  );
  const classes = await database.rows(
    `SELECT classes.id, name, count(counted.id) FILTER (split = 'train') AS train,
       count(counted.id) FILTER (split <> 'train') AS held_out
     FROM classes LEFT JOIN image_labels ON class_id = classes.id LEFT JOIN ${repeats ? '(SELECT * FROM usable_images ANTI JOIN repeated USING (id))' : 'usable_images'} counted ON counted.id = image_id
     WHERE classes.id NOT IN (SELECT class_id FROM standing_merges)
     GROUP BY classes.id, name ORDER BY classes.id`,
  );
  const repeated = repeats ? await countRepeated(database) : new Map<number, number>();
  const notes = await database.rows('SELECT source_id, note FROM source_notes ORDER BY source_id, place');
  return {
    sources: sources.map(({ id, kind, folder, split, manifest, images, missing, problems }) => ({
      id: Number(id),
      kind: String(kind),
      folder: String(folder),
      manifest: manifest === null ? null : String(manifest),
      split: split === null ? null : String(split),
      images: Number(images),
      missing: Number(missing),
      problems: Number(problems),
      repeated: repeated.get(Number(id)) ?? 0,
      notes: [
        ...notes.filter(({ source_id }) => source_id === id).map(({ note }) => String(note)),
        ...repeatedNote(repeated.get(Number(id)) ?? 0),
      ],
    })),
    classes: classes.map(({ id, name, train, held_out }) => ({
      id: Number(id),
      name: String(name),
      train: Number(train),
      heldOut: Number(held_out),
    })),
    notes: [
      ...lookAlikes(classes.map(({ name }) => String(name))).map(
        (names) =>
          `The classes ${names.map((name) => `“${visible(name)}”`).join(' and ')} look alike and are ${names.length} classes: merge them if they are one.`,
      ),
      ...(repeats ? await contradictionNotes(database) : []),
    ],
  };
}

/** Keyed by source. */
async function countRepeated(database: Database): Promise<ReadonlyMap<number, number>> {
  const rows = await database.rows('SELECT source_id, count(*) AS images FROM repeated GROUP BY source_id');
  return new Map(rows.map(({ source_id, images }) => [Number(source_id), Number(images)]));
}

function repeatedNote(images: number): string[] {
  if (images === 0) return [];
  const copies = images === 1 ? '1 of its images is' : `${images.toLocaleString('en')} of its images are`;
  return [
    `${copies} in this project already, as the same file or a copy of it: each picture counts once, as labelled before unlabelled and as held out before training.`,
  ];
}
