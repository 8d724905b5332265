/**
 * The curve of a training, point by point: metrics.jsonl in its run's folder, which grows during training and is
 * verified once it is finished.
 */
import { readFile } from 'node:fs/promises';
import type { Project } from '../catalogue/project.ts';
import { findRunFile } from '../catalogue/run-files.ts';
import { StoredDataDamaged } from '../stored-data.ts';
import type { TrainingPoint } from '../training/train-request.ts';
import type { RunRecord } from './run-record.ts';

export const CURVE = 'metrics.jsonl';

/** Empty for a run that was not trained here; a line still being written is left out. Throws `StoredDataDamaged`. */
export async function readCurve(project: Project, run: Pick<RunRecord, 'id' | 'state'>): Promise<TrainingPoint[]> {
  const directory = project.path('runs', run.id);
  const path = project.path('runs', run.id, CURVE);
  if (run.state === 'succeeded' && (await findRunFile(directory, CURVE)) === undefined) return [];
  const text = await readFile(path, 'utf8').catch(() => '');
  try {
    return pointsIn(text.slice(0, text.lastIndexOf('\n') + 1));
  } catch {
    throw new StoredDataDamaged({
      ...{
        kind: 'curve',
        path,
        what: `The curve of the run ${run.id}`,
        damage: 'one of its lines is not what was written',
      },
      wayOut: 'run the method again with the same settings to recreate it',
    });
  }
}

/** One point per complete line. Throws a `SyntaxError` for a malformed line. */
export function pointsIn(text: string): TrainingPoint[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as TrainingPoint);
}
