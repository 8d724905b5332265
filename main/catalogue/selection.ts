/**
 * The paper's ranking (section 3.2) in SQL over the score partitions: for each class, the images that have it among their P
 * best, by its score; the top K stay. Equal scores are ordered by image id, so that the selection is the same every time.
 */
import { literal } from './database.ts';
import { saveParquet } from './parquet.ts';
import type { Project } from './project.ts';
import { shuffled } from './sql-shuffle.ts';

export interface SelectionQuery {
  /** The labelling run. */
  readonly runId: string;
  readonly k: number;
  readonly topP: number;
  readonly classCount: number;
  /** `random` draws from a class's candidates instead of ranking them: the paper's ablation. */
  readonly order: 'ranked' | 'random';
  /** Off: the K·C best images by their first class, however many each class then has. */
  readonly balanced: boolean;
  /** Sorted ids of images that must not be selected. */
  readonly excludedImages: Int32Array;
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
    : `QUALIFY row_number() OVER (ORDER BY ${best}, image_id, class_id) <= ${query.k * query.classCount}`;
  return await database.withChosen(query.excludedImages, async () => {
    const candidates = `(SELECT image_id, class_id, probability FROM ${scores} s
      WHERE ${shortlisted} AND NOT EXISTS (SELECT 1 FROM chosen WHERE chosen.id = s.image_id))`;
    const kept = `(SELECT * FROM ${candidates} ${limit})`;
    const [imageIds, classIds, probabilities, ranks] = await database.columns(
      `SELECT image_id, class_id, probability, row_number() OVER (PARTITION BY class_id ORDER BY ${best}, image_id) AS rank
       FROM ${kept} ORDER BY class_id, rank`,
    );
    const [candidateClasses, counts] = await database.columns(
      `SELECT class_id, count(*) FROM ${candidates} GROUP BY class_id`,
    );
    const selection = {
      imageIds: Int32Array.from(imageIds ?? []),
      classIds: Int32Array.from(classIds ?? []),
      probabilities: Float32Array.from(probabilities ?? []),
      ranks: Int32Array.from(ranks ?? []),
    };
    const perClass = Array.from({ length: query.classCount }, (_, classId) => ({ classId, candidates: 0, kept: 0 }));
    candidateClasses?.forEach((classId, index) => {
      const count = perClass[classId];
      if (count) count.candidates = counts?.[index] ?? 0;
    });
    for (const classId of selection.classIds) {
      const count = perClass[classId];
      if (count) count.kept++;
    }
    return { selection, perClass };
  });
}

/** Keeps what was selected, and beside it what was set aside before. */
export async function saveSelection(
  project: Project,
  runId: string,
  selection: Selection,
  excludedImages: Int32Array,
): Promise<void> {
  const { imageIds, classIds, probabilities, ranks } = selection;
  await saveParquet(project.database, excludedPath(project, runId), { image_id: excludedImages });
  await saveParquet(project.database, project.path('runs', runId, 'selection.parquet'), {
    image_id: imageIds,
    class_id: classIds,
    probability: probabilities,
    rank: ranks,
  });
}

export async function loadSelection(project: Project, runId: string): Promise<Selection> {
  const path = literal(project.path('runs', runId, 'selection.parquet'));
  const [imageIds, classIds, probabilities, ranks] = await project.database.columns(
    `SELECT image_id, class_id, probability, rank FROM read_parquet(${path}) ORDER BY class_id, rank`,
  );
  return {
    imageIds: Int32Array.from(imageIds ?? []),
    classIds: Int32Array.from(classIds ?? []),
    probabilities: Float32Array.from(probabilities ?? []),
    ranks: Int32Array.from(ranks ?? []),
  };
}

/** The images that the guards set aside, as a Parquet file. */
export function excludedPath(project: Project, runId: string): string {
  return project.path('runs', runId, 'excluded.parquet');
}
