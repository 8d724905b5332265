/**
 * The paper's ranking (section 3.2) from the sorted scores of each class: the images that have the class among their P
 * best, ranked by its score; the top K are kept. Ties are ordered by image id, so that the selection is deterministic.
 * The user's vetoes make room for the next in rank; pins are added to the K, even if the teacher did not shortlist the
 * image at all (its score is then 0).
 */
import { join } from 'node:path';
import type { PairList } from './decisions.ts';
import { copyToParquet, saveParquet } from './parquet.ts';
import type { Project } from './project.ts';
import { recordRunFiles } from './run-files.ts';
import { runTable } from './runs/run-table.ts';
import { type SelectedClass, selectedRows } from './selected-rows.ts';

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
  const counts = new Map<number, ClassCount>();
  const classes: SelectedClass[] = [];
  for await (const one of selectedRows(project.scores, query)) {
    counts.set(one.classId, countOf(one));
    classes.push({ ...one, imageIds: one.imageIds.slice(), scores: one.scores.slice() });
  }
  const length = classes.reduce((sum, { imageIds }) => sum + imageIds.length, 0);
  const selection = {
    ...{ imageIds: new Int32Array(length), classIds: new Int32Array(length) },
    ...{ probabilities: new Float32Array(length), ranks: new Int32Array(length) },
  };
  let first = 0;
  for (const { classId, imageIds, scores } of classes) {
    selection.imageIds.set(imageIds, first);
    selection.classIds.fill(classId, first, first + imageIds.length);
    selection.probabilities.set(scores, first);
    selection.ranks.set(ranksOf(imageIds.length), first);
    first += imageIds.length;
  }
  return { selection, perClass: perClassOf(query, counts) };
}

/** As `selectTopK`, but written directly to the files of the run, whose folder must exist. Holds one class at a time. */
export async function writeSelection(
  project: Project,
  runId: string,
  query: SelectionQuery,
): Promise<{ selected: number; perClass: ClassCount[] }> {
  const { database, scores } = project;
  const directory = project.path('runs', runId);
  const counts = new Map<number, ClassCount>();
  await database.isolated(async () => {
    await database.run(
      'CREATE OR REPLACE TEMP TABLE selected(image_id INTEGER, class_id INTEGER, probability FLOAT, rank INTEGER)',
    );
    await database.appendBatches('selected', columnsOf(selectedRows(scores, query), counts));
    await saveParquet(database, join(directory, EXCLUDED), { image_id: query.excludedImages });
    // The rows are in their final order: sorting them again took most of the time at ten million images.
    await copyToParquet(
      database,
      join(directory, SELECTION),
      'SELECT image_id::BIGINT AS image_id, class_id, probability, rank::BIGINT AS rank FROM selected',
    );
    await database.run('DROP TABLE selected');
  });
  await recordRunFiles(directory, [EXCLUDED, SELECTION]);
  let selected = 0;
  for (const { kept } of counts.values()) selected += kept;
  return { selected, perClass: perClassOf(query, counts) };
}

/** Of each class's rows; its counts go into `counts`. */
async function* columnsOf(
  selected: AsyncIterable<SelectedClass>,
  counts: Map<number, ClassCount>,
): AsyncGenerator<readonly [Int32Array, Int32Array, Float32Array, Int32Array], void> {
  for await (const one of selected) {
    counts.set(one.classId, countOf(one));
    const { length } = one.imageIds;
    yield [one.imageIds, new Int32Array(length).fill(one.classId), one.scores, ranksOf(length)];
  }
}

function countOf({ classId, candidates, imageIds }: SelectedClass): ClassCount {
  return { classId, candidates, kept: imageIds.length };
}

function perClassOf({ classIds }: SelectionQuery, counts: ReadonlyMap<number, ClassCount>): ClassCount[] {
  return classIds.map((classId) => counts.get(classId) ?? { classId, candidates: 0, kept: 0 });
}

function ranksOf(rows: number): Int32Array {
  const ranks = new Int32Array(rows);
  for (let row = 0; row < rows; row++) ranks[row] = row + 1;
  return ranks;
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
