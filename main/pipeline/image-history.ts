/** What runs know about one image: its score in each labelling, and the runs that used it. */
import { at } from '../at.ts';
import type { Project } from '../catalogue/project.ts';
import { loadRunClasses } from '../catalogue/run-classes.ts';
import { scoresOfImage } from '../catalogue/runs/scores-of-image.ts';
import { usesImage } from '../catalogue/runs/used-images.ts';
import { calibrated } from './calibration.ts';
import { readRuns } from './runs.ts';

export interface ClassScore {
  readonly classId: number;
  readonly score: number;
  /** The displayed score, if the teacher's temperature is known; rankings do not use it. */
  readonly calibrated: number | null;
  /** Among all images that the labelling shortlisted for the class, from 1. */
  readonly rank: number;
}

/** The classes that the labelling shortlisted for it, best first; empty if it did not see the image. */
export async function imageScores(
  project: Project,
  labelRunId: string,
  imageId: number,
  temperature: number | null = null,
): Promise<ClassScore[]> {
  const found = await scoresOfImage(project, labelRunId, imageId);
  const { classIds } = await loadRunClasses(project, labelRunId);
  const said = found.map(({ probability }) => probability);
  const shown = temperature === null ? undefined : calibrated(said, temperature, classIds.length);
  return found.map(({ classId, probability, rank }, place) => ({
    classId,
    score: probability,
    calibrated: shown ? at(shown, place) : null,
    rank,
  }));
}

export async function runsUsing(project: Project, imageId: number): Promise<{ runId: string; stage: string }[]> {
  const used: { runId: string; stage: string }[] = [];
  for (const { id, stage } of await readRuns(project)) {
    if (await usesImage(project, id, imageId)) used.push({ runId: id, stage });
  }
  return used;
}
