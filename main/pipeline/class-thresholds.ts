/** From which probability on a model says a class, where images may have several: chosen by the newest comparison that it was in. */
import { type EvaluationsOwner, readEvaluations } from './evaluations-file.ts';
import { comparisonsIn, readRuns } from './runs.ts';
import { modelOf } from './stages.ts';

/** As the network numbers the classes; undefined before the first comparison. Throws `StoredDataDamaged`. */
export async function thresholdsOf(project: EvaluationsOwner, runId: string): Promise<readonly number[] | undefined> {
  const runs = await readRuns(project);
  const own = runs.find(({ id }) => id === runId);
  const model = own && modelOf(own.stage);
  const comparison = comparisonsIn(runs, runId).at(-1);
  if (model === undefined || !comparison) return undefined;
  const found = (await readEvaluations(project, comparison.id)).find(([name]) => name === model);
  return found?.[1].several?.classes.map(({ threshold }) => threshold);
}
