/** What runs have to say of one image: how each labelling scored it, and which runs it was used in. */
import { at } from '../at.ts';
import { literal } from '../catalogue/database.ts';
import type { Project } from '../catalogue/project.ts';
import { loadRunClasses } from '../catalogue/run-classes.ts';
import { findRunFile } from '../catalogue/run-files.ts';
import { calibrated } from './calibration.ts';
import { readRuns } from './runs.ts';

/** Where a run keeps the ids of the images that it used. */
const USED_IN = ['trained-on.parquet', 'selection.parquet'];

export interface ClassScore {
  readonly classId: number;
  readonly score: number;
  /** The score as it is shown, where the teacher's temperature is known; nothing is ranked by it. */
  readonly calibrated: number | null;
  /** Among all images that the labelling shortlisted for the class, from 1. */
  readonly rank: number;
}

/** The classes that the labelling shortlisted for it, best first; none when it did not see the image. */
export async function imageScores(
  project: Project,
  labelRunId: string,
  imageId: number,
  temperature: number | null = null,
): Promise<ClassScore[]> {
  const scores = await project.scores.table(labelRunId);
  const rows = await project.database.rows(
    `SELECT own.class_id, own.probability,
       (SELECT count(*) FROM ${scores} other WHERE other.class_id = own.class_id
          AND (other.probability, -other.image_id) >= (own.probability, -own.image_id)) AS rank
     FROM ${scores} own WHERE own.image_id = ? ORDER BY own.rank_in_image`,
    [imageId],
  );
  const { classIds } = await loadRunClasses(project, labelRunId);
  const said = rows.map(({ probability }) => Number(probability));
  const shown = temperature === null ? undefined : calibrated(said, temperature, classIds.length);
  return rows.map(({ class_id, rank }, place) => ({
    classId: Number(class_id),
    score: at(said, place),
    calibrated: shown ? at(shown, place) : null,
    rank: Number(rank),
  }));
}

export async function runsUsing(project: Project, imageId: number): Promise<{ runId: string; stage: string }[]> {
  const used: { runId: string; stage: string }[] = [];
  for (const { id, stage } of await readRuns(project)) {
    for (const name of USED_IN) {
      const path = await findRunFile(project.path('runs', id), name);
      if (path === undefined) continue;
      const count = await project.database.number(
        `SELECT count(*) FROM read_parquet(${literal(path)}) WHERE image_id = ?`,
        [imageId],
      );
      if (count) used.push({ runId: id, stage });
    }
  }
  return used;
}
