/**
 * What a run would cost, before it is started: images processed, time from the speeds that were measured on the device,
 * memory from the network's tensors, disk from what the stage writes. Stages that were done before cost nothing.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Project } from '../catalogue/project.ts';
import { elementCount } from '../graph/program.ts';
import { pixelCacheBytes } from '../images/pixel-cache.ts';
import { describeModel } from '../models/checkpoint.ts';
import { inferenceProgram } from '../models/programs.ts';
import type { CollectionSets } from '../pipeline/collection.ts';
import { type PlannedNetwork, type PlannedRun, plannedRuns } from '../pipeline/planned-runs.ts';
import type { ResolvedRecipe } from '../pipeline/resolve-recipe.ts';
import type { RunRecord } from '../pipeline/run-record.ts';
import { readRuns } from '../pipeline/runs.ts';
import { type Goal, stages } from '../pipeline/stages.ts';
import { openModel } from '../pipeline/train-stage.ts';
import { partsOf } from '../training/batch-parts.ts';
import { decodedSizePx } from '../training/image-reader.ts';
import type { Estimate, StageEstimate } from './contract/runs.ts';
import type { ExpectedDevice } from './expected-device.ts';
import { type Rate, rateOf, type Work } from './measured-rates.ts';

const FLOAT_BYTES = 4;
/** An image's scores: id, class, probability, place, before compression. */
const SCORE_ROW_BYTES = 11;
/** Weights, momenta, and the second set of buffers that a step writes into. */
const STATE_COPIES = 4;
/** Half of what two cores do: the selection is over in seconds, whatever the computer. */
const SELECTED_PER_SECOND = 20_000;

export interface EstimateRequest {
  readonly project: Project;
  readonly goal: Goal;
  readonly recipe: ResolvedRecipe;
  readonly sets: CollectionSets;
  readonly device: ExpectedDevice;
  /** Of this computer. */
  readonly measured: readonly Rate[];
}

interface Costs extends Omit<EstimateRequest, 'measured'> {
  readonly rates: readonly Rate[];
}

/** Throws what `plannedRuns` throws. */
export async function estimateRun(request: EstimateRequest): Promise<Estimate> {
  const { project, goal, recipe, sets, device, measured } = request;
  const planned = await plannedRuns(project, recipe, sets, goal);
  const costs: Costs = { ...request, rates: [...(await ratesOfRuns(project)), ...measured] };
  const sizesPx = planned.flatMap(({ networks }) => networks.map(({ imageSizePx }) => decodedSizePx(imageSizePx)));
  let pixels = 0;
  for (const sizePx of new Set([decodedSizePx(recipe.imageSizePx), ...sizesPx])) {
    pixels += await missingPixels(project, sizePx);
  }
  const estimated: StageEstimate[] = [];
  let rough = false;
  for (const run of planned) {
    const { stage, id, finished } = run;
    const images = stages[stage].cost === 'compare' ? run.images * run.networks.length : run.images;
    if (finished) {
      estimated.push({ stage, runId: id, images, seconds: 0, memoryBytes: 0, diskBytes: 0, done: true });
      continue;
    }
    const time = timeOfRun(run, costs);
    rough ||= time?.rough ?? false;
    const { memoryBytes, diskBytes } = bytesOf(run, costs);
    // Whatever is done first decodes the images.
    estimated.push({
      ...{ stage, runId: id, images, seconds: time?.seconds ?? null, memoryBytes, done: false },
      diskBytes: diskBytes + pixels,
    });
    pixels = 0;
  }
  return { device: device.device, deviceName: device.title, stages: estimated, rough };
}

interface Time {
  readonly seconds: number;
  readonly rough: boolean;
}

function timeOfRun({ stage, images, networks }: PlannedRun, costs: Costs): Time | undefined {
  const { cost } = stages[stage];
  if (cost === 'rank') return { seconds: images / SELECTED_PER_SECOND, rough: false };
  const kind = cost === 'train' ? 'train' : 'predict';
  const times = networks.map((network) => timeOf({ kind, ...network }, images, costs));
  const known = times.filter((time) => time !== undefined);
  if (known.length < times.length) return undefined;
  const rough = cost !== 'compare' && known.some((time) => time.rough);
  return { seconds: known.reduce((sum, time) => sum + time.seconds, 0), rough };
}

function timeOf(work: Work, images: number, { device, rates }: Costs): Time | undefined {
  const rate = rateOf(work, device.device, rates);
  return rate && { seconds: images / rate.imagesPerSecond, rough: rate.rough };
}

/** What the project's finished runs say, the newest last: the first to ask where this computer measured nothing yet. */
async function ratesOfRuns(project: Project): Promise<Rate[]> {
  const runs = (await readRuns(project)).filter(({ state }) => state === 'succeeded');
  return (await Promise.all(runs.map((run) => rateOfRun(project, run)))).flat();
}

/** None for a run without a speed. */
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
  return [{ device: run.device, kind: labels ? 'predict' : 'train', network, imageSizePx, imagesPerSecond }];
}

function bytesOf(
  { stage, networks }: PlannedRun,
  { recipe, sets }: Costs,
): Pick<StageEstimate, 'memoryBytes' | 'diskBytes'> {
  const unlabelled = sets.unlabelled.length;
  const { cost } = stages[stage];
  if (cost === 'rank') {
    const selected = Math.min(recipe.select.k, unlabelled) * sets.classNames.length;
    return { memoryBytes: unlabelled * SCORE_ROW_BYTES, diskBytes: selected * SCORE_ROW_BYTES };
  }
  const training = cost === 'train';
  const trainedAtOnce = recipe.batch / partsOf(recipe.batch, recipe.engine.imagesAtOnce ?? recipe.batch);
  const each = networks.map((network) => tensorBytes(network, training ? trainedAtOnce : recipe.label.batch, training));
  const memoryBytes = Math.max(...each.map((bytes) => bytes.memoryBytes));
  if (cost === 'predict') return { memoryBytes, diskBytes: unlabelled * recipe.label.topP * SCORE_ROW_BYTES };
  // The model, and the checkpoint with its momenta beside it.
  return { memoryBytes, diskBytes: training ? 3 * Math.max(...each.map(({ weights }) => weights)) : 0 };
}

function tensorBytes({ network, imageSizePx }: PlannedNetwork, batch: number, training: boolean) {
  const program = inferenceProgram({ network, batch, imageSizePx });
  const weights = FLOAT_BYTES * program.state.reduce((sum, { value }) => sum + elementCount(value.shape), 0);
  const outputs = program.nodes.flatMap((node) => node.outputs.map(({ shape }) => FLOAT_BYTES * elementCount(shape)));
  // A training keeps every output for the way back, and its gradient; a prediction keeps about two at a time.
  const activations = training ? 2 * outputs.reduce((sum, bytes) => sum + bytes, 0) : 2 * Math.max(...outputs);
  return { weights, memoryBytes: (training ? STATE_COPIES : 1) * weights + activations };
}

/** What decoding would still write to a cache of this size. */
async function missingPixels(project: Project, sizePx: number): Promise<number> {
  const images = await project.database.number('SELECT count(*)::INTEGER FROM images WHERE NOT missing');
  const directory = project.path('cache', `pixels-${sizePx}`);
  const files = (await readdir(directory).catch(() => [])).filter((name) => name.endsWith('.rgb'));
  const sizes = await Promise.all(files.map(async (name) => (await stat(join(directory, name))).size));
  return Math.max(0, pixelCacheBytes(images, sizePx) - sizes.reduce((sum, size) => sum + size, 0));
}
