/**
 * The paper's ranking (section 3.2) in SQL over the score partitions: for each class, the images that have it among their P
 * best, by its score; the top K stay. Equal scores are ordered by image id, so that the selection is the same every time.
 * A person's vetoes leave room for the next in rank; pins come on top of the K, also where the teacher did not shortlist
 * the image at all (its score is then 0).
 */
import { join } from 'node:path';
import { at } from '../at.ts';
import { type Database, literal, type RowValues } from './database.ts';
import type { PairList } from './decisions.ts';
import { saveParquet } from './parquet.ts';
import type { Project } from './project.ts';
import { openRunFile, recordRunFiles } from './run-files.ts';
import { shuffled } from './sql-shuffle.ts';

export const SELECTION = 'selection.parquet';
const EXCLUDED = 'excluded.parquet';

/** By score, or drawn at random. */
export const selectionOrders = ['ranked', 'random'] as const;
export type SelectionOrder = (typeof selectionOrders)[number];

export interface SelectionQuery {
  /** The labelling run. */
  readonly runId: string;
  readonly k: number;
  readonly topP: number;
  /** Every class of the labelling. */
  readonly classIds: readonly number[];
  /** `random` draws from a class's candidates instead of ranking them: the paper's ablation. */
  readonly order: SelectionOrder;
  /** Off: the K·C best images by their first class, however many each class then has. */
  readonly balanced: boolean;
  /** Sorted ids of images that must not be selected. */
  readonly excludedImages: Int32Array;
  /** Images that are not of a class, whatever their score. */
  readonly vetoes?: PairList;
  /** Images that are of a class's selection, whatever their rank; no `excludedImages` holds against them. */
  readonly pins?: PairList;
  readonly seed: number;
}

export interface Selection {
  /** Ordered by class, then by rank. */
  readonly imageIds: Int32Array;
  readonly classIds: Int32Array;
  readonly probabilities: Float32Array;
  /** From 1 in each class. */
  readonly ranks: Int32Array;
}

export interface ClassCount {
  readonly classId: number;
  readonly candidates: number;
  readonly kept: number;
}

export async function selectTopK(
  project: Project,
  query: SelectionQuery,
): Promise<{ selection: Selection; perClass: ClassCount[] }> {
  const { database } = project;
  const scores = await project.scores.table(query.runId);
  const best = query.order === 'ranked' ? 'probability DESC' : shuffled('image_id', query.seed);
  const shortlisted = `rank_in_image <= ${query.balanced ? query.topP : 1}`;
  const limit = query.balanced
    ? `QUALIFY row_number() OVER (PARTITION BY class_id ORDER BY ${best}, image_id) <= ${query.k}`
    : `QUALIFY row_number() OVER (ORDER BY ${best}, image_id, class_id) <= ${query.k * query.classIds.length}`;
  return await withDecisions(database, query, async () => {
    const candidates = `(SELECT image_id, class_id, probability FROM ${scores} s
      WHERE ${shortlisted} AND NOT EXISTS (SELECT 1 FROM chosen WHERE chosen.id = s.image_id)
        AND NOT EXISTS (SELECT 1 FROM vetoed v WHERE v.image_id = s.image_id AND v.class_id = s.class_id))`;
    const [imageIds, classIds, probabilities, ranks] = await database.columns(
      [Int32Array, Int32Array, Float32Array, Int32Array],
      `WITH kept AS MATERIALIZED (SELECT * FROM ${candidates} ${limit}),
       added AS (
         SELECT p.image_id, p.class_id, coalesce(s.probability, 0) AS probability
         FROM pinned p LEFT JOIN ${scores} s ON s.image_id = p.image_id AND s.class_id = p.class_id
         WHERE NOT EXISTS (SELECT 1 FROM kept WHERE kept.image_id = p.image_id AND kept.class_id = p.class_id)
       )
       SELECT image_id, class_id, probability, row_number() OVER (PARTITION BY class_id ORDER BY ${best}, image_id) AS rank
       FROM (SELECT * FROM kept UNION ALL SELECT * FROM added) ORDER BY class_id, rank`,
    );
    const [candidateClasses, counts] = await database.columns(
      [Int32Array, Float64Array],
      `SELECT class_id, count(*) FROM ${candidates} GROUP BY class_id`,
    );
    const selection = {
      imageIds,
      classIds,
      probabilities,
      ranks,
    };
    const perClass = query.classIds.map((classId) => ({ classId, candidates: 0, kept: 0 }));
    const countOf = new Map(perClass.map((count) => [count.classId, count]));
    candidateClasses.forEach((classId, index) => {
      const count = countOf.get(classId);
      if (count) count.candidates = at(counts, index);
    });
    for (const classId of selection.classIds) {
      const count = countOf.get(classId);
      if (count) count.kept++;
    }
    return { selection, perClass };
  });
}

/** Temporary tables `chosen`, `vetoed` and `pinned` for the length of `work`. */
async function withDecisions<T>(
  database: Database,
  { excludedImages, vetoes, pins }: SelectionQuery,
  work: () => Promise<T>,
): Promise<T> {
  return await database.withChosen(excludedImages, async () => {
    const tables = { vetoed: vetoes, pinned: pins };
    for (const [table, pairs] of Object.entries(tables)) {
      await database.run(`CREATE OR REPLACE TEMP TABLE ${table}(image_id INTEGER, class_id INTEGER)`);
      if (pairs) await database.append(table, ['integer', 'integer'], rowsOf(pairs));
    }
    return await work();
  });
}

function* rowsOf({ imageIds, classIds }: PairList): Generator<RowValues> {
  for (let i = 0; i < imageIds.length; i++) yield [at(imageIds, i), at(classIds, i)];
}

/** Keeps what was selected, and beside it what was set aside before. */
export async function saveSelection(
  project: Project,
  runId: string,
  selection: Selection,
  excludedImages: Int32Array,
): Promise<void> {
  const { imageIds, classIds, probabilities, ranks } = selection;
  const directory = project.path('runs', runId);
  await saveParquet(project.database, join(directory, EXCLUDED), { image_id: excludedImages });
  await saveParquet(project.database, join(directory, SELECTION), {
    image_id: imageIds,
    class_id: classIds,
    probability: probabilities,
    rank: ranks,
  });
  await recordRunFiles(directory, [EXCLUDED, SELECTION]);
}

/** Throws `StoredDataDamaged`. */
export async function loadSelection(project: Project, runId: string): Promise<Selection> {
  const [imageIds, classIds, probabilities, ranks] = await project.database.columns(
    [Int32Array, Int32Array, Float32Array, Int32Array],
    `SELECT image_id, class_id, probability, rank FROM ${await selectionTable(project, runId)} ORDER BY class_id, rank`,
  );
  return {
    imageIds,
    classIds,
    probabilities,
    ranks,
  };
}

/** What was selected, as an SQL table expression. Throws `StoredDataDamaged`. */
export async function selectionTable(project: Project, runId: string): Promise<string> {
  return await tableOf(project, runId, SELECTION);
}

/** The images that the guards set aside, as an SQL table expression. Throws `StoredDataDamaged`. */
export async function excludedTable(project: Project, runId: string): Promise<string> {
  return await tableOf(project, runId, EXCLUDED);
}

async function tableOf(project: Project, runId: string, name: string): Promise<string> {
  return `read_parquet(${literal(await openRunFile(project.path('runs', runId), name))})`;
}
