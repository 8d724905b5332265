/**
 * Which unlabelled images to label by hand next, in SQL over the newest teacher's scores. `uncertain`: the smallest lead of
 * the best class over the second (margin sampling, Scheffer et al., 2001); `confident`: the largest score; `different`: from
 * each class's ranking in turn, its least sure first, so that no class fills the queue; `farthest`: by what brought eyes see,
 * the least like any that is labelled. Without scores, or without eyes, at random.
 */
import { COUNTED_IMAGES } from '../../catalogue/counted-images.ts';
import type { Project } from '../../catalogue/project.ts';
import { shuffled } from '../../catalogue/sql-shuffle.ts';
import { mostDifferent } from '../../pipeline/most-different.ts';
import { readRuns } from '../../pipeline/runs.ts';
import type { LabellingOrder, LabellingQueue } from '../contract/decisions.ts';
import { showingOf, shownScores } from './shown-scores.ts';

const UNLABELLED = `SELECT id, relative_path FROM ${COUNTED_IMAGES} WHERE kind = 'unlabelled'`;

export async function labellingQueue(
  project: Project,
  order: LabellingOrder,
  limit: number,
  seed: number,
  /** Only those whose best class this is. */
  classId?: number,
): Promise<LabellingQueue> {
  const { database } = project;
  const labelRun = (await readRuns(project)).findLast(({ stage, state }) => stage === 'label' && state === 'succeeded');
  const scores = labelRun && (await project.scores.table(labelRun.id));
  const ofClass = scores === undefined || classId === undefined ? '' : `WHERE best_class = ${classId}`;
  const ranked = scores && `SELECT * FROM (${UNLABELLED}) JOIN (${summaryOf(scores)}) ON image_id = id ${ofClass}`;
  const total = await database.number(`SELECT count(*) FROM (${ofClass && ranked ? ranked : UNLABELLED})`);
  const farthest = order === 'farthest' ? await mostDifferent(project, { count: limit, seed }) : undefined;
  const fellBack = order === 'farthest' ? farthest === undefined : order !== 'random' && scores === undefined;
  const rows = farthest
    ? await inOrder(project, farthest)
    : await database.rows(
        ranked === undefined || order === 'random' || order === 'farthest'
          ? `${UNLABELLED} ORDER BY ${shuffled('id', seed)}, id LIMIT ${limit}`
          : `SELECT id, relative_path FROM (${ranked})
         ORDER BY ${ORDERS[order]}, id LIMIT ${limit}`,
      );
  const ids = rows.map(({ id }) => Number(id));
  const suggestions = labelRun && (await shownScores(project, labelRun.id, await showingOf(project, labelRun), ids));
  return {
    total: total,
    fellBack,
    images: rows.map(({ id, relative_path }) => ({
      imageId: Number(id),
      name: String(relative_path),
      suggestions: suggestions?.get(Number(id)) ?? [],
    })),
  };
}

async function inOrder({ database }: Project, ids: Int32Array) {
  const rows = await database.withChosen(ids, () =>
    database.rows(`SELECT * FROM (${UNLABELLED}) SEMI JOIN chosen USING (id)`),
  );
  const places = new Map(Array.from(ids, (id, place) => [id, place]));
  const placeOf = ({ id }: (typeof rows)[number]) => places.get(Number(id)) ?? ids.length;
  return rows.toSorted((a, b) => placeOf(a) - placeOf(b));
}

const ORDERS: Readonly<Record<Exclude<LabellingOrder, 'random' | 'farthest'>, string>> = {
  uncertain: 'margin',
  confident: 'best DESC',
  different: 'turn',
};

function summaryOf(scores: string): string {
  return `SELECT *, row_number() OVER (PARTITION BY best_class ORDER BY best, image_id) AS turn FROM
    (SELECT image_id, max(probability) AS best, arg_max(class_id, probability) AS best_class,
       max(probability) - coalesce(max(probability) FILTER (rank_in_image = 2), 0) AS margin
     FROM ${scores} GROUP BY image_id)`;
}
