/** The evaluation of each model of a comparison, as evaluations.json in the comparison's run. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeTextAtomically } from '../atomic-file.ts';
import type { Project } from '../catalogue/project.ts';
import { openRunFile, recordRunFiles } from '../catalogue/run-files.ts';
import type { FilesOwner } from './brought-files.ts';
import type { Evaluation } from './metrics.ts';
import type { EvaluatedModel } from './stages.ts';

const FILE = 'evaluations.json';

export type Evaluations = Partial<Record<EvaluatedModel, Evaluation>>;

export async function saveEvaluations(project: Project, runId: string, evaluations: Evaluations): Promise<void> {
  const directory = project.path('runs', runId);
  await writeTextAtomically(join(directory, FILE), JSON.stringify(evaluations));
  await recordRunFiles(directory, [FILE]);
}

/** In the order of the method. Throws `StoredDataDamaged`. */
export async function readEvaluations(project: FilesOwner, runId: string): Promise<[EvaluatedModel, Evaluation][]> {
  const text = await readFile(await openRunFile(project.path('runs', runId), FILE), 'utf8');
  return Object.entries(JSON.parse(text)) as [EvaluatedModel, Evaluation][];
}
