/**
 * The paper's ranking (section 3.2) from the sorted scores of each class: the images that have the class among their P
 * best, ranked by its score; the top K are kept. Ties are ordered by image id, so that the selection is deterministic.
 * The user's vetoes make room for the next in rank; pins are added to the K, even if the teacher did not shortlist the
 * image at all (its score is then 0).
 */
import { join } from 'node:path';
import { at } from '../at.ts';
import { aboveTheLine } from './above-the-line.ts';
import type { RowValues } from './database.ts';
import type { PairList } from './decisions.ts';
import { copyToParquet, saveParquet } from './parquet.ts';
import type { Project } from './project.ts';
import { recordRunFiles } from './run-files.ts';
import { runTable } from './runs/run-table.ts';
import { shuffled } from './sql-shuffle.ts';

export const SELECTION = 'selection.parquet';
const EXCLUDED = 'excluded.parquet';

/** By score, or drawn at random. */
export const selectionOrders = ['ranked', 'random'] as const;
export type SelectionOrder = (typeof selectionOrders)[number];

/** For some classes, the score that a candidate needs; the best `atLeast` count in any case. */
export interface Floors {
  readonly leastScores: ReadonlyMap<number, number>;
  readonly atLeast: number;
}

/** Defines which rows of a class's ranking count. */
export interface CandidateQuery {
  /** The labelling run. */
  readonly runId: string;
  readonly topP: number;
  /** If false: the K·C best images by their first class, however many each class then has. */
  readonly balanced: boolean;
  /**
   * The share of images, drawn by the seed, that may be chosen; a smaller share is a subset of every larger one. All if
   * absent.
   */
  readonly share?: number;
  /** Sorted ids of images that must not be selected. */
  readonly excludedImages: Int32Array;
  /** Images that are not of a class, whatever their score. */
  readonly vetoes?: PairList;
  /** For each class its candidates, sorted, regardless of the teacher's scores: the images tagged with it. */
  readonly given?: ReadonlyMap<number, Int32Array> | undefined;
  /** Candidates below these are dropped. */
  readonly floors?: Floors | undefined;
  readonly seed: number;
}

export interface SelectionQuery extends CandidateQuery {
  readonly k: number;
  /** Every class of the labelling. */
  readonly classIds: readonly number[];
  /** `random` draws from a class's candidates instead of ranking them: the paper's ablation. */
  readonly order: SelectionOrder;
  /** Images that belong to a class's selection, whatever their rank, even if listed in `excludedImages`. */
  readonly pins?: PairList;
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
  return await withSelected(project, query, async (selected, candidates) => {
    const [imageIds, classIds, probabilities, ranks] = await project.database.columns(
      [Int32Array, Int32Array, Float32Array, Int32Array],
      selected,
    );
    const kept = new Map<number, number>();
    for (const classId of classIds) kept.set(classId, (kept.get(classId) ?? 0) + 1);
    return { selection: { imageIds, classIds, probabilities, ranks }, perClass: countsOf(query, candidates, kept) };
  });
}

/** As `selectTopK`, but written directly to the files of the run, whose folder must exist. */
export async function writeSelection(
  project: Project,
  runId: string,
  query: SelectionQuery,
): Promise<{ selected: number; perClass: ClassCount[] }> {
  const { database } = project;
  const directory = project.path('runs', runId);
  return await withSelected(project, query, async (selected, candidates) => {
    await saveParquet(database, join(directory, EXCLUDED), { image_id: query.excludedImages });
    await copyToParquet(database, join(directory, SELECTION), selected);
    await recordRunFiles(directory, [EXCLUDED, SELECTION]);
    const [classes, counts] = await database.columns(
      [Int32Array, Float64Array],
      `SELECT class_id, count(*) FROM ${await selectionTable(project, runId)} GROUP BY class_id`,
    );
    const kept = new Map(Array.from(classes, (classId, place) => [classId, at(counts, place)]));
    return { selected: counts.reduce((sum, count) => sum + count, 0), perClass: countsOf(query, candidates, kept) };
  });
}

function countsOf(
  { classIds }: SelectionQuery,
  candidates: ReadonlyMap<number, number>,
  kept: ReadonlyMap<number, number>,
): ClassCount[] {
  return classIds.map((classId) => ({
    classId,
    candidates: candidates.get(classId) ?? 0,
    kept: kept.get(classId) ?? 0,
  }));
}

/** Calls `work` with SQL for the ordered rows of the selection, and the number of candidates of each class. */
async function withSelected<T>(
  project: Project,
  query: SelectionQuery,
  work: (selected: string, candidates: ReadonlyMap<number, number>) => Promise<T>,
): Promise<T> {
  const { database, scores } = project;
  const { pins } = query;
  return await database.isolated(async () => {
    await database.run('CREATE OR REPLACE TEMP TABLE pinned(image_id INTEGER, class_id INTEGER)');
    if (pins) await database.append('pinned', ['integer', 'integer'], rowsOf(pins));
    await database.run('CREATE OR REPLACE TEMP TABLE kept(image_id INTEGER, class_id INTEGER, probability FLOAT)');
    const candidates = new Map<number, number>();
    for await (const { classId, candidates: count, taken } of aboveTheLine(scores, query)) {
      candidates.set(classId, count);
      const classes = new Int32Array(taken.imageIds.length).fill(classId);
      await database.appendColumns('kept', [taken.imageIds, classes, taken.scores]);
    }
    const hasPins = (pins?.imageIds.length ?? 0) > 0;
    const best = query.order === 'ranked' ? 'probability DESC' : shuffled('image_id', query.seed);
    const pinned = `SELECT p.image_id, p.class_id, coalesce(s.probability, 0) AS probability
       FROM pinned p LEFT JOIN ${hasPins ? await scores.table(query.runId) : 'kept'} s
         ON s.image_id = p.image_id AND s.class_id = p.class_id
       WHERE NOT EXISTS (SELECT 1 FROM kept WHERE kept.image_id = p.image_id AND kept.class_id = p.class_id)`;
    const result = await work(
      `SELECT image_id::BIGINT AS image_id, class_id, probability::FLOAT AS probability,
         row_number() OVER (PARTITION BY class_id ORDER BY ${best}, image_id) AS rank
       FROM (SELECT * FROM kept UNION ALL ${pinned}) ORDER BY class_id, rank`,
      candidates,
    );
    await database.run('DROP TABLE kept');
    return result;
  });
}

function* rowsOf({ imageIds, classIds }: PairList): Generator<RowValues> {
  for (let i = 0; i < imageIds.length; i++) yield [at(imageIds, i), at(classIds, i)];
}

/** Saves the selection, and the images that were set aside before it. */
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

/** The selected rows, as an SQL table expression. Throws `StoredDataDamaged`. */
export async function selectionTable(project: Project, runId: string): Promise<string> {
  return await runTable(project, runId, SELECTION);
}

/** The images that the guards set aside, as an SQL table expression. Throws `StoredDataDamaged`. */
export async function excludedTable(project: Project, runId: string): Promise<string> {
  return await runTable(project, runId, EXCLUDED);
}
