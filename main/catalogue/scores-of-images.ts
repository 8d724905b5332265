/** The scores that a labelling gave chosen images. */
import type { Project } from './project.ts';

export interface ClassProbability {
  readonly classId: number;
  readonly probability: number;
}

/** The classes shortlisted for each image, best first; images that it did not see are left out. */
export async function scoresOfImages(
  { database, scores }: Project,
  labelRunId: string,
  imageIds: Iterable<number>,
): Promise<Map<number, readonly ClassProbability[]>> {
  const table = await scores.table(labelRunId);
  const rows = await database.withChosen(imageIds, () =>
    database.rows(
      `SELECT image_id, class_id, probability FROM ${table} SEMI JOIN chosen ON chosen.id = image_id
       ORDER BY image_id, rank_in_image`,
    ),
  );
  const found = new Map<number, ClassProbability[]>();
  for (const { image_id, class_id, probability } of rows) {
    const known = found.get(Number(image_id)) ?? [];
    known.push({ classId: Number(class_id), probability: Number(probability) });
    found.set(Number(image_id), known);
  }
  return found;
}
