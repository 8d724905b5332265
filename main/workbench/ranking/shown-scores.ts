/** Scores as they are shown: calibrated by what the newest comparison found of the teacher. Rankings never go by these. */

import type { Project } from '../../catalogue/project.ts';
import { loadRunClasses } from '../../catalogue/run-classes.ts';
import { type ClassProbability, scoresOfImages } from '../../catalogue/scores-of-images.ts';
import { shownProbabilities, temperatureOf } from '../../pipeline/calibration.ts';
import type { RunRecord } from '../../pipeline/run-record.ts';

/** How a labelling's scores are shown; `temperature` is undefined where its teacher was in no comparison. */
export interface Showing {
  readonly temperature: number | undefined;
  /** That the teacher tells apart. */
  readonly classes: number;
}

export async function showingOf(project: Project, run: Pick<RunRecord, 'id' | 'parents'>): Promise<Showing> {
  const [teacher] = run.parents;
  const temperature = teacher === undefined ? undefined : await temperatureOf(project, teacher);
  const { classIds } = await loadRunClasses(project, run.id);
  return { temperature, classes: classIds.length };
}

/** Of each image the classes that the labelling shortlisted for it, as they are shown, best first. */
export async function shownScores(
  project: Project,
  labelRunId: string,
  { temperature, classes }: Showing,
  imageIds: Iterable<number>,
): Promise<Map<number, readonly ClassProbability[]>> {
  const said = await scoresOfImages(project, labelRunId, imageIds);
  return new Map([...said].map(([imageId, own]) => [imageId, shownProbabilities(own, temperature, classes)]));
}

/** Of one class for each of these images, which it ranked; empty where scores are shown as they are. */
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
