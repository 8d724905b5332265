/** How a training went, point by point: metrics.jsonl in its run's folder, which grows while it runs and is proved once it is over. */
import { readFile } from 'node:fs/promises';
import type { Project } from '../catalogue/project.ts';
import { findRunFile } from '../catalogue/run-files.ts';
import { StoredDataDamaged } from '../stored-data.ts';
import type { TrainingPoint } from '../training/train-request.ts';
import type { RunRecord } from './run-record.ts';

export const CURVE = 'metrics.jsonl';

/** None for a run that was not trained here; a line that is being written now is left out. Throws `StoredDataDamaged`. */
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
        damage: 'a line of it is not what was written',
      },
      wayOut: 'run the method again as it was run then, and it is made again',
    });
  }
}

/** One of each whole line. Throws a `SyntaxError` for one that is not what was written. */
export function pointsIn(text: string): TrainingPoint[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as TrainingPoint);
}
