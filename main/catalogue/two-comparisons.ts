/**
 * Compares two comparisons of the method in SQL: labels, selections, and the models' predictions for the same images.
 */
import type { Database } from './database.ts';

/** One of the two; tables are SQL table expressions. */
export interface ComparedSide {
  readonly predictions: string;
  /** The class of each output of its networks, after merges. */
  readonly classIds: readonly number[];
  /** The labels that its student was fine-tuned on. */
  readonly trainedOn: string;
  readonly selection: string;
}

export interface ClassOfModel {
  readonly model: string;
  readonly classId: number;
  readonly images: number;
  /** Correct answers of each side, and how many of them the other side got wrong. */
  readonly before: number;
  readonly after: number;
  readonly gained: number;
  readonly lost: number;
}

export interface ChangedLabel {
  readonly imageId: number;
  /** Null if it was not among the labelled images then. */
  readonly before: number | null;
  readonly after: number | null;
  readonly heldOut: boolean;
}

export interface ClassOfSelection {
  readonly classId: number;
  readonly entered: number;
  readonly left: number;
  readonly stayed: number;
}

export const selectionChanges = ['entered', 'left'] as const;
export type SelectionChange = (typeof selectionChanges)[number];

/**
 * For each model that both sides have, class by class, over the held-out images of both. The later side's labels are
 * taken as the truth, so that a wrong earlier label counts against neither.
 */
export async function rightAnswers(
  { database }: Named,
  before: ComparedSide,
  after: ComparedSide,
): Promise<ClassOfModel[]> {
  const rows = await database.rows(
    `WITH was AS (${answers(before)}), now AS (${answers(after)}),
     truth AS (SELECT DISTINCT image_id, truth AS class_id FROM now SEMI JOIN was USING (image_id)),
     both_models AS (SELECT DISTINCT model FROM now SEMI JOIN was USING (model)),
     judged AS (
       SELECT model, class_id, coalesce(was.said = class_id, false) AS was_right, coalesce(now.said = class_id, false) AS is_right
       FROM both_models CROSS JOIN truth LEFT JOIN was USING (model, image_id) LEFT JOIN now USING (model, image_id))
     SELECT model, class_id, count(*) AS images, count(*) FILTER (was_right) AS before, count(*) FILTER (is_right) AS after,
       count(*) FILTER (is_right AND NOT was_right) AS gained, count(*) FILTER (was_right AND NOT is_right) AS lost
     FROM judged GROUP BY model, class_id ORDER BY model, class_id`,
  );
  return rows.map((row) => ({
    model: String(row.model),
    classId: Number(row.class_id),
    images: Number(row.images),
    before: Number(row.before),
    after: Number(row.after),
    gained: Number(row.gained),
    lost: Number(row.lost),
  }));
}

/** Images whose class differs between the two, in order of id; at most `most` of the `total` counted. */
export async function changedLabels(
  { database }: Named,
  before: ComparedSide,
  after: ComparedSide,
  most: number,
): Promise<{ readonly total: number; readonly images: readonly ChangedLabel[] }> {
  const rows = await database.rows(
    `WITH was AS (${labels(before)}), now AS (${labels(after)})
     SELECT image_id, was.class_id AS before, now.class_id AS after, coalesce(now.held_out, was.held_out) AS held_out,
       count(*) OVER () AS total
     FROM was FULL JOIN now USING (image_id) WHERE was.class_id IS DISTINCT FROM now.class_id ORDER BY image_id LIMIT ?`,
    [most],
  );
  return {
    total: Number(rows[0]?.total ?? 0),
    images: rows.map((row) => ({
      imageId: Number(row.image_id),
      before: numberOrNull(row.before),
      after: numberOrNull(row.after),
      heldOut: row.held_out === true,
    })),
  };
}

/** For each class that either selection has. */
export async function changedSelection(
  { database }: Named,
  before: ComparedSide,
  after: ComparedSide,
): Promise<ClassOfSelection[]> {
  const rows = await database.rows(
    `WITH was AS (${selected(before)}), now AS (${selected(after)})
     SELECT class_id, count(*) FILTER (was.rank IS NULL) AS entered, count(*) FILTER (now.rank IS NULL) AS left_it,
       count(*) FILTER (was.rank IS NOT NULL AND now.rank IS NOT NULL) AS stayed
     FROM was FULL JOIN now USING (class_id, image_id) GROUP BY class_id ORDER BY class_id`,
  );
  return rows.map((row) => ({
    classId: Number(row.class_id),
    entered: Number(row.entered),
    left: Number(row.left_it),
    stayed: Number(row.stayed),
  }));
}

/** The images that entered or left, by class and rank; of a single class if given. */
export async function changedImages(
  { database }: Named,
  [before, after]: readonly [ComparedSide, ComparedSide],
  change: SelectionChange,
  classId: number | undefined,
  { offset, limit }: { readonly offset: number; readonly limit: number },
): Promise<{
  readonly total: number;
  readonly images: readonly { readonly imageId: number; readonly classId: number }[];
}> {
  const [here, there] = change === 'entered' ? [after, before] : [before, after];
  const changed = `SELECT class_id, image_id, rank FROM (${selected(here)}) ANTI JOIN (${selected(there)}) USING (class_id, image_id)
    ${classId === undefined ? '' : `WHERE class_id = ${classId}`}`;
  const total = await database.number(`SELECT count(*) FROM (${changed})`);
  const rows = await database.rows(`${changed} ORDER BY class_id, rank LIMIT ? OFFSET ?`, [limit, offset]);
  return {
    total,
    images: rows.map((row) => ({ imageId: Number(row.image_id), classId: Number(row.class_id) })),
  };
}

interface Named {
  readonly database: Pick<Database, 'rows' | 'number'>;
}

function answers({ predictions, classIds }: ComparedSide): string {
  const classOf = (output: string) => `[${classIds.join(', ')}][${output} + 1]`;
  return `SELECT image_id, model, ${classOf('true_output')} AS truth, ${classOf('predicted_output')} AS said FROM ${predictions}`;
}

function labels(side: ComparedSide): string {
  return `SELECT image_id, root AS class_id, false AS held_out FROM ${side.trainedOn} JOIN class_roots ON class_roots.id = class_id
    UNION SELECT image_id, truth, true FROM (${answers(side)})`;
}

function selected({ selection }: ComparedSide): string {
  return `SELECT image_id, root AS class_id, min(rank) AS rank FROM ${selection} JOIN class_roots ON class_roots.id = class_id
    GROUP BY image_id, root`;
}

function numberOrNull(value: unknown): number | null {
  return value === null ? null : Number(value);
}

/** What each of these classes counts as now: itself, or the one it was merged into. */
export async function presentClasses({ database }: Named, classIds: readonly number[]): Promise<number[]> {
  const rows = await database.rows('SELECT id, root FROM class_roots');
  const roots = new Map(rows.map(({ id, root }) => [Number(id), Number(root)]));
  return classIds.map((id) => roots.get(id) ?? id);
}
