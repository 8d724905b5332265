/** The scores that a labelling gave one image. */
import type { Project } from '../project.ts';

export interface RankedScore {
  readonly classId: number;
  readonly probability: number;
  /** Among all images that the labelling shortlisted for the class, from 1. */
  readonly rank: number;
}

/** The classes shortlisted for it, best first; empty if the labelling did not see it. */
export async function scoresOfImage(
  { database, scores }: Project,
  labelRunId: string,
  imageId: number,
): Promise<RankedScore[]> {
  const table = await scores.table(labelRunId);
  const rows = await database.rows(
    `SELECT own.class_id, own.probability,
       (SELECT count(*) FROM ${table} other WHERE other.class_id = own.class_id
          AND (other.probability, -other.image_id) >= (own.probability, -own.image_id)) AS rank
     FROM ${table} own WHERE own.image_id = ? ORDER BY own.rank_in_image`,
    [imageId],
  );
  return rows.map(({ class_id, probability, rank }) => ({
    classId: Number(class_id),
    probability: Number(probability),
    rank: Number(rank),
  }));
}
