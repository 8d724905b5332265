/**
 * Scores as they are displayed: calibrated by the temperature that the newest comparison found for the teacher. Rankings never
 * use these.
 */

import type { Project } from '../../catalogue/project.ts';
import { loadRunClasses } from '../../catalogue/run-classes.ts';
import { type ClassProbability, scoresOfImages } from '../../catalogue/scores-of-images.ts';
import { shownProbabilities, temperatureOf } from '../../pipeline/calibration.ts';
import type { RunRecord } from '../../pipeline/run-record.ts';

/** How a labelling's scores are displayed; `temperature` is undefined if its teacher was in no comparison. */
export interface Showing {
  readonly temperature: number | undefined;
  /** The number of classes that the teacher distinguishes. */
  readonly classes: number;
}

export async function showingOf(project: Project, run: Pick<RunRecord, 'id' | 'parents'>): Promise<Showing> {
  const [teacher] = run.parents;
  const temperature = teacher === undefined ? undefined : await temperatureOf(project, teacher);
  const { classIds } = await loadRunClasses(project, run.id);
  return { temperature, classes: classIds.length };
}

/** For each image, the classes that the labelling shortlisted for it, with displayed scores, best first. */
export async function shownScores(
  project: Project,
  labelRunId: string,
  { temperature, classes }: Showing,
  imageIds: Iterable<number>,
): Promise<Map<number, readonly ClassProbability[]>> {
  const said = await scoresOfImages(project, labelRunId, imageIds);
  return new Map([...said].map(([imageId, own]) => [imageId, shownProbabilities(own, temperature, classes)]));
}

/** For one class and images that it ranked; empty where scores are displayed uncalibrated. */
export async function calibratedIn(
  project: Project,
  labelRunId: string,
  showing: Showing,
  pairs: readonly { readonly imageId: number; readonly classId: number }[],
): Promise<(number | null)[]> {
  if (showing.temperature === undefined) return pairs.map(() => null);
  const shown = await shownScores(
    project,
    labelRunId,
    showing,
    pairs.map(({ imageId }) => imageId),
  );
  return pairs.map(
    ({ imageId, classId }) => shown.get(imageId)?.find((one) => one.classId === classId)?.probability ?? null,
  );
}
