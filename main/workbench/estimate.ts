/**
 * What a run would cost, before it is started: images processed, time from the speeds that were measured on the device,
 * memory from the network's tensors, disk from what the stage writes. Stages that were done before cost nothing.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Project } from '../catalogue/project.ts';
import type { RunRecord } from '../catalogue/run-record.ts';
import { readRuns } from '../catalogue/runs.ts';
import { elementCount } from '../graph/program.ts';
import { pixelCacheBytes } from '../images/pixel-cache.ts';
import { describeModel } from '../models/checkpoint.ts';
import { inferenceProgram } from '../models/programs.ts';
import type { CollectionSets } from '../pipeline/collection.ts';
import type { Goal } from '../pipeline/method.ts';
import { type PlannedMethod, type PlannedNetwork, plannedMethod } from '../pipeline/planned-runs.ts';
import type { ResolvedRecipe } from '../pipeline/resolve-recipe.ts';
import { modelPath } from '../pipeline/train-stage.ts';
import { partsOf } from '../training/batch-parts.ts';
import { decodedSizePx } from '../training/image-reader.ts';
import type { Estimate, Stage, StageEstimate } from './contract/runs.ts';
import { type Rate, rateOf, type Work } from './measured-rates.ts';

const FLOAT_BYTES = 4;
/** An image's scores: id, class, probability, place, before compression. */
const SCORE_ROW_BYTES = 11;
/** Weights, momenta, and the second set of buffers that a step writes into. */
const STATE_COPIES = 4;
const TRAININGS: ReadonlySet<Stage> = new Set(['teacher', 'supervised', 'pretrain', 'finetune']);
/** Half of what two cores do: the selection is over in seconds, whatever the computer. */
const SELECTED_PER_SECOND = 20_000;

export interface EstimateRequest {
  readonly project: Project;
  readonly goal: Goal;
  readonly recipe: ResolvedRecipe;
  readonly sets: CollectionSets;
  readonly device: { readonly kind: string; readonly name: string };
  /** Of this computer. */
  readonly measured: readonly Rate[];
}

interface Costs extends Omit<EstimateRequest, 'measured'> {
  readonly plan: PlannedMethod;
  readonly rates: readonly Rate[];
}

/** Throws what `plannedMethod` throws. */
export async function estimateRun(request: EstimateRequest): Promise<Estimate> {
  const { project, goal, recipe, sets, device, measured } = request;
  const plan = await plannedMethod(project, recipe, sets, goal);
  const costs: Costs = { ...request, plan, rates: [...(await ratesOfRuns(project)), ...measured] };
  let pixels = await missingPixels(project, plan.student.imageSizePx);
  if (plan.teacher.imageSizePx !== plan.student.imageSizePx) {
    pixels += await missingPixels(project, plan.teacher.imageSizePx);
  }
  const stages: StageEstimate[] = [];
  let rough = false;
  for (const { stage, id, finished } of plan.runs) {
    const images = imagesOf(stage, costs);
    if (finished) {
      stages.push({ stage, runId: id, images, seconds: 0, memoryBytes: 0, diskBytes: 0, done: true });
      continue;
    }
    const time = secondsOf(stage, images, costs);
    rough ||= time?.rough ?? false;
    const { memoryBytes, diskBytes } = bytesOf(stage, costs);
    // Whatever is done first decodes the images.
    stages.push({
      ...{ stage, runId: id, images, seconds: time?.seconds ?? null, memoryBytes, done: false },
      diskBytes: diskBytes + pixels,
    });
    pixels = 0;
  }
  return { device: device.kind, deviceName: device.name, stages, rough };
}

function imagesOf(stage: Stage, { recipe, sets }: Costs): number {
  switch (stage) {
    case 'teacher':
      return recipe.teacher.run === null ? recipe.teacher.training.images : 0;
    case 'supervised':
      return recipe.supervised.training.images;
    case 'pretrain':
      return recipe.pretrain.images;
    case 'finetune':
      return recipe.finetune.images;
    case 'evaluate':
      return sets.heldOut.imageIds.length * (1 + studentsCompared(recipe));
    case 'label':
    case 'select':
      return sets.unlabelled.length;
    default:
      return stage satisfies never;
  }
}

/** Before and after the fine-tuning, and the baseline. */
function studentsCompared({ supervised }: ResolvedRecipe): number {
  return supervised.enabled ? 3 : 2;
}

interface Time {
  readonly seconds: number;
  readonly rough: boolean;
}

function secondsOf(stage: Stage, images: number, costs: Costs): Time | undefined {
  const { plan, sets, recipe } = costs;
  switch (stage) {
    case 'teacher':
      return timeOf({ kind: 'train', ...plan.teacher }, images, costs);
    case 'supervised':
    case 'pretrain':
    case 'finetune':
      return timeOf({ kind: 'train', ...plan.student }, images, costs);
    case 'label':
      return timeOf({ kind: 'predict', ...plan.teacher }, images, costs);
    case 'select':
      return { seconds: images / SELECTED_PER_SECOND, rough: false };
    case 'evaluate': {
      const heldOut = sets.heldOut.imageIds.length;
      const teacher = timeOf({ kind: 'predict', ...plan.teacher }, heldOut, costs);
      const students = timeOf({ kind: 'predict', ...plan.student }, heldOut * studentsCompared(recipe), costs);
      return teacher && students && { seconds: teacher.seconds + students.seconds, rough: false };
    }
    default:
      return stage satisfies never;
  }
}

function timeOf(work: Work, images: number, { device, rates }: Costs): Time | undefined {
  const rate = rateOf(work, device.kind, rates);
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
  const labels = run.stage === 'label';
  const [teacher] = run.parents;
  const id = labels ? teacher : run.id;
  if (id === undefined || !(imagesPerSecond > 0 && Number.isFinite(imagesPerSecond))) return [];
  const model = await describeModel(modelPath({ project }, { id })).catch(() => undefined);
  if (!model) return [];
  const { network, imageSizePx } = model;
  return [{ device: run.device, kind: labels ? 'predict' : 'train', network, imageSizePx, imagesPerSecond }];
}

function bytesOf(stage: Stage, { recipe, sets, plan }: Costs): Pick<StageEstimate, 'memoryBytes' | 'diskBytes'> {
  const unlabelled = sets.unlabelled.length;
  if (stage === 'select') {
    const selected = Math.min(recipe.select.k, unlabelled) * sets.classNames.length;
    return { memoryBytes: unlabelled * SCORE_ROW_BYTES, diskBytes: selected * SCORE_ROW_BYTES };
  }
  const training = TRAININGS.has(stage);
  const choice = stage === 'teacher' || stage === 'label' ? plan.teacher : plan.student;
  const trainedAtOnce = recipe.batch / partsOf(recipe.batch, recipe.engine.imagesAtOnce ?? recipe.batch);
  const { weights, memoryBytes } = tensorBytes(choice, training ? trainedAtOnce : recipe.label.batch, training);
  if (stage === 'label') return { memoryBytes, diskBytes: unlabelled * recipe.label.topP * SCORE_ROW_BYTES };
  // The model, and the checkpoint with its momenta beside it.
  return { memoryBytes, diskBytes: training ? 3 * weights : 0 };
}

function tensorBytes({ network, imageSizePx }: PlannedNetwork, batch: number, training: boolean) {
  const program = inferenceProgram({ network, batch, imageSizePx });
  const weights = FLOAT_BYTES * program.state.reduce((sum, { value }) => sum + elementCount(value.shape), 0);
  const outputs = program.nodes.flatMap((node) => node.outputs.map(({ shape }) => FLOAT_BYTES * elementCount(shape)));
  // A training keeps every output for the way back, and its gradient; a prediction keeps about two at a time.
  const activations = training ? 2 * outputs.reduce((sum, bytes) => sum + bytes, 0) : 2 * Math.max(...outputs);
  return { weights, memoryBytes: (training ? STATE_COPIES : 1) * weights + activations };
}

/** What decoding would still write for networks of this image size. */
async function missingPixels(project: Project, imageSizePx: number): Promise<number> {
  const sizePx = decodedSizePx(imageSizePx);
  const [images = 0] = await project.database.integers('SELECT count(*)::INTEGER FROM images WHERE NOT missing');
  const directory = project.path('cache', `pixels-${sizePx}`);
  const files = (await readdir(directory).catch(() => [])).filter((name) => name.endsWith('.rgb'));
  const sizes = await Promise.all(files.map(async (name) => (await stat(join(directory, name))).size));
  return Math.max(0, pixelCacheBytes(images, sizePx) - sizes.reduce((sum, size) => sum + size, 0));
}
