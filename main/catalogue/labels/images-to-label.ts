/**
 * Unlabelled images in the order in which to label them by hand, from a teacher's scores. `uncertain`: smallest margin
 * between the best and the second class (margin sampling, Scheffer et al., 2001); `confident`: largest score;
 * `different`: round-robin over the classes' rankings, least confident first, so that no class fills the list;
 * `random`: by the seed alone.
 */
import { COUNTED_IMAGES } from '../counted-images.ts';
import type { Database, Row } from '../database.ts';
import type { Project } from '../project.ts';
import { shuffled } from '../sql-shuffle.ts';

export type ScoredOrder = 'uncertain' | 'confident' | 'different';

export interface ImageToLabel {
  readonly imageId: number;
  readonly relativePath: string;
}

const UNLABELLED = `SELECT id, relative_path FROM ${COUNTED_IMAGES} WHERE kind = 'unlabelled'`;

const ORDERS: Readonly<Record<ScoredOrder, string>> = {
  uncertain: 'margin',
  confident: 'best DESC',
  different: 'turn',
};

/** Of all images, or of those whose best class is the given one. */
export async function countImagesToLabel(
  project: Project,
  best?: { readonly labelRunId: string; readonly classId: number },
): Promise<number> {
  const images = best ? await scored(project, best.labelRunId, best.classId) : UNLABELLED;
  return await project.database.number(`SELECT count(*) FROM (${images})`);
}

export async function imagesAtRandom(database: Database, seed: number, limit: number): Promise<ImageToLabel[]> {
  return (await database.rows(`${UNLABELLED} ORDER BY ${shuffled('id', seed)}, id LIMIT ${limit}`)).map(asImage);
}

export async function imagesByScore(
  project: Project,
  order: ScoredOrder,
  limit: number,
  labelRunId: string,
  /** Only images whose best class this is. */
  classId?: number,
): Promise<ImageToLabel[]> {
  const rows = await project.database.rows(
    `SELECT id, relative_path FROM (${await scored(project, labelRunId, classId)}) ORDER BY ${ORDERS[order]}, id LIMIT ${limit}`,
  );
  return rows.map(asImage);
}

/** The given images in their order; those that are not to be labelled are left out. */
export async function imagesAsListed(database: Database, ids: Int32Array): Promise<ImageToLabel[]> {
  const rows = await database.withChosen(ids, () =>
    database.rows(`SELECT * FROM (${UNLABELLED}) SEMI JOIN chosen USING (id)`),
  );
  const places = new Map(Array.from(ids, (id, place) => [id, place]));
  const placeOf = ({ imageId }: ImageToLabel) => places.get(imageId) ?? ids.length;
  return rows.map(asImage).toSorted((a, b) => placeOf(a) - placeOf(b));
}

async function scored({ scores }: Project, labelRunId: string, classId?: number): Promise<string> {
  const ofClass = classId === undefined ? '' : `WHERE best_class = ${classId}`;
  return `SELECT * FROM (${UNLABELLED}) JOIN (${summaryOf(await scores.table(labelRunId))}) ON image_id = id ${ofClass}`;
}

function summaryOf(scores: string): string {
  return `SELECT *, row_number() OVER (PARTITION BY best_class ORDER BY best, image_id) AS turn FROM
    (SELECT image_id, max(probability) AS best, arg_max(class_id, probability) AS best_class,
       max(probability) - coalesce(max(probability) FILTER (rank_in_image = 2), 0) AS margin
     FROM ${scores} GROUP BY image_id)`;
}

function asImage({ id, relative_path }: Row): ImageToLabel {
  return { imageId: Number(id), relativePath: String(relative_path) };
}
