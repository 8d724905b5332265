/** What the newest comparison that a model was in says of it: its record has the numbers that go with the model wherever it is used. */
import type { FilesOwner } from './brought-files.ts';
import type { RunRecord } from './run-record.ts';
import { comparisonsIn, readRuns } from './runs.ts';
import { type EvaluatedModel, modelOf } from './stages.ts';

export interface Compared {
  /** What the comparison calls it. */
  readonly model: EvaluatedModel;
  readonly comparison: RunRecord;
}

/** Of a model's run; undefined before the first. */
export async function newestComparison(project: FilesOwner, runId: string): Promise<Compared | undefined> {
  const runs = await readRuns(project);
  const own = runs.find(({ id }) => id === runId);
  const model = own && modelOf(own.stage);
  const comparison = comparisonsIn(runs, runId).at(-1);
  return model && comparison && { model, comparison };
}

/** A number of the model in the comparison's record. */
export function comparedMetric(compared: Compared | undefined, nameFor: (model: string) => string): number | undefined {
  return compared?.comparison.metrics[nameFor(compared.model)];
}
