/** The speeds of finished runs, from which this computer learns how fast its devices are. */
import type { Project } from '../catalogue/project.ts';
import { describeModel } from '../models/checkpoint.ts';
import type { MeasuredRates, Rate } from './measured-rates.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';
import type { RunRecord } from './run-record.ts';
import { readRun } from './runs.ts';
import { stages } from './stages.ts';
import { openModel } from './train-stage.ts';

/** Empty for a run without a speed. */
export async function rateOfRun(project: Project, run: RunRecord): Promise<Rate[]> {
  const { imagesPerSecond = 0 } = run.metrics;
  const labels = stages[run.stage].cost === 'predict';
  const [teacher] = run.parents;
  const id = labels ? teacher : run.id;
  if (id === undefined || !(imagesPerSecond > 0 && Number.isFinite(imagesPerSecond))) return [];
  const model = await openModel({ project }, { id })
    .then(describeModel)
    .catch(() => undefined);
  if (!model) return [];
  const { network, imageSizePx } = model;
  const threads = (run.recipe as Partial<ResolvedRecipe>).engine?.threads ?? null;
  const kind = labels ? 'predict' : 'train';
  return [{ device: run.device, threads, kind, network, imageSizePx, imagesPerSecond }];
}

export async function rememberRates(rates: MeasuredRates, project: Project, runIds: readonly string[]): Promise<void> {
  for (const id of runIds) {
    const run = await readRun(project, id);
    if (run) await rates.remember(...(await rateOfRun(project, run)));
  }
}
