/**
 * One class's ranking around its cut-off: some of the images kept, spread over the ranks, and the first ones left out.
 */
import { at } from '../at.ts';
import type { Project } from './project.ts';
import { excludedTable, selectionTable } from './selection.ts';

export interface RankedImage {
  readonly imageId: number;
  /** From 1, counting the images kept and then those left out. */
  readonly rank: number;
  readonly probability: number;
  readonly kept: boolean;
}

export interface RankingAroundCut {
  readonly candidates: number;
  readonly kept: number;
  /** The score of the last image kept; 0 if there is none. */
  readonly scoreAtCut: number;
  readonly samples: RankedImage[];
}

export async function rankAround(
  project: Project,
  labelRunId: string,
  selectRunId: string,
  classId: number,
  wanted: { readonly topP: number; readonly kept: number; readonly below: number },
): Promise<RankingAroundCut> {
  const { database } = project;
  const scores = await project.scores.table(labelRunId);
  const selected = await selectionTable(project, selectRunId);
  const excluded = await excludedTable(project, selectRunId);
  const ofClass = `class_id = ${classId}`;
  const [candidates, keptImages, cuts] = await database.columns(
    [Float64Array, Float64Array, Float64Array],
    `SELECT (SELECT count(*) FROM ${scores} WHERE ${ofClass} AND rank_in_image <= ${wanted.topP}) AS candidates,
       count(*) AS kept, coalesce(arg_max(probability, rank), 0) AS cut FROM ${selected} WHERE ${ofClass}`,
  );
  const kept = at(keptImages, 0);
  const step = Math.max(1, (kept - 1) / Math.max(1, wanted.kept - 1));
  const rows = await database.rows(
    `SELECT image_id, rank, probability, true AS kept FROM ${selected}
     WHERE ${ofClass} AND (rank = ${kept} OR floor((rank - 1) / ${step}) > floor((rank - 2) / ${step}))
     UNION ALL
     (SELECT image_id, ${kept} + row_number() OVER (ORDER BY probability DESC, image_id), probability, false FROM ${scores} s
      WHERE ${ofClass} AND rank_in_image <= ${wanted.topP}
        AND NOT EXISTS (SELECT 1 FROM ${selected} c WHERE c.${ofClass} AND c.image_id = s.image_id)
        AND NOT EXISTS (SELECT 1 FROM ${excluded} e WHERE e.image_id = s.image_id)
      ORDER BY probability DESC, image_id LIMIT ${wanted.below})
     ORDER BY rank`,
  );
  const samples = rows.map((row) => ({
    imageId: Number(row.image_id),
    rank: Number(row.rank),
    probability: Number(row.probability),
    kept: row.kept === true,
  }));
  return { candidates: at(candidates, 0), kept, scoreAtCut: at(cuts, 0), samples };
}
