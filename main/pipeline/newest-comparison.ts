/**
 * What the newest comparison that included a model says about it: its record has the numbers that accompany the model
 * wherever it is used.
 */
import type { FilesOwner } from './brought-files.ts';
import type { RunRecord } from './run-record.ts';
import { comparisonsIn, readRuns } from './runs.ts';
import { type EvaluatedModel, modelOf } from './stages.ts';

export interface Compared {
  /** The model's name in the comparison. */
  readonly model: EvaluatedModel;
  readonly comparison: RunRecord;
}

/** For a run's model; undefined before the first comparison. */
export async function newestComparison(project: FilesOwner, runId: string): Promise<Compared | undefined> {
  const runs = await readRuns(project);
  const own = runs.find(({ id }) => id === runId);
  const model = own && modelOf(own.stage);
  const comparison = comparisonsIn(runs, runId).at(-1);
  return model && comparison && { model, comparison };
}

/** A number of the model from the comparison's record. */
export function comparedMetric(compared: Compared | undefined, nameFor: (model: string) => string): number | undefined {
  return compared?.comparison.metrics[nameFor(compared.model)];
}
