/**
 * A teacher that is a table of scores: it answers with the table's scores, and has no answer for any other image or
 * class.
 */
import { at } from '../at.ts';
import { findRunFile } from '../catalogue/run-files.ts';
import { scoresInTable } from '../catalogue/runs/scores-of-table.ts';
import { Interrupted } from '../failure.ts';
import type { Collection } from './collection.ts';
import type { Predict } from './predictor.ts';
import type { Workspace } from './workspace.ts';

/** The file in the run's folder that takes the place of a model. */
export const SCORES = 'scores.parquet';
const IMAGES_AT_ONCE = 8192;

/** Undefined for a run that is not a table of scores. Throws `StoredDataDamaged`. */
export async function scorePredictor(
  { project, signal }: Workspace,
  { classIds }: Pick<Collection, 'classIds'>,
  runId: string,
): Promise<Predict | undefined> {
  const path = await findRunFile(project.path('runs', runId), SCORES);
  if (path === undefined) return undefined;
  const outputs = new Map(classIds.map((classId, output) => [classId, output]));
  const classes = classIds.length;
  return async (imageIds, onScored) => {
    for (let first = 0; first < imageIds.length; first += IMAGES_AT_ONCE) {
      if (signal.aborted) throw new Interrupted();
      const ids = imageIds.subarray(first, first + IMAGES_AT_ONCE);
      const probabilities = new Float32Array(ids.length * classes).fill(Number.NaN);
      const places = new Map([...ids].map((id, place) => [id, place]));
      const { imageIds: images, classIds: classesOf, scores } = await scoresInTable(project, path, ids);
      for (const [row, image] of images.entries()) {
        const [place, output] = [places.get(image), outputs.get(at(classesOf, row))];
        if (place !== undefined && output !== undefined) probabilities[place * classes + output] = at(scores, row);
      }
      onScored({ first, count: ids.length, classes, probabilities, unreadable: [] });
    }
  };
}
