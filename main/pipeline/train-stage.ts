/** A training stage of the method: which network on which images, as a run on disk. */
import { saveImageSet } from '../catalogue/image-set.ts';
import { saveRunClasses } from '../catalogue/run-classes.ts';
import { findRunFile, MODEL, openRunFile, recordRunFiles } from '../catalogue/run-files.ts';
import { Interrupted } from '../failure.ts';
import type { Augmentation } from '../images/augment.ts';
import type { TaskOptions } from '../jobs/compute-protocol.ts';
import { runTask } from '../jobs/run-task.ts';
import type { ModelPreprocessing } from '../models/model-preprocessing.ts';
import type { NetworkConfig } from '../models/network.ts';
import type { Tuning } from '../models/tuning.ts';
import { mix32 } from '../random.ts';
import type { SoftTargets } from '../training/soft-targets.ts';
import type { HeldOutAnswers, TrainRequest } from '../training/train-request.ts';
import { removeCheckpoint, verifyCheckpoint } from '../training/training-checkpoint.ts';
import { wilsonInterval } from '../wilson-interval.ts';
import { type Collection, type LabelledImages, pixelsFor } from './collection.ts';
import { precisionParameters } from './compute-precision.ts';
import { endedEarlyText, keepTraining } from './keep-training.ts';
import { outputsOf } from './outputs-of.ts';
import type { ResolvedRecipe, ResolvedTraining } from './resolve-recipe.ts';
import type { ResolvedStart } from './resolved-start.ts';
import { CURVE } from './run-curve.ts';
import type { RunRecord } from './run-record.ts';
import { readRun, secondsOf, writeRun } from './runs.ts';
import { severalTargets } from './several-labels.ts';
import { withSoundPixels } from './sound-pixels.ts';
import { runStage, type StageInputs, type StageParent, type StageWork, stageRun } from './stage.ts';
import type { StageName, TrainingStage } from './stages.ts';
import { findWeights, openWeights } from './starting-weights.ts';
import { computeSteadily } from './steady-compute.ts';
import type { Workspace } from './workspace.ts';

export interface TrainingPlan {
  readonly stage: TrainingStage | 'tags';
  readonly network: NetworkConfig;
  readonly training: ResolvedTraining;
  /** Identifies the images it sees: a digest, or the key of the run that selected them. */
  readonly imagesDigest: string;
  /** The run that selected its images; without one it sees the labelled ones. */
  readonly selection?: StageParent;
  /** The labelling whose probabilities are its targets; without one each image is trained on its class. */
  readonly softBy?: StageParent;
  readonly parents: readonly StageParent[];
  /** The run whose model it starts from; random weights by default. */
  readonly startFrom?: StageParent;
  /** That model has other classes: its classifier is replaced by a fresh one. */
  readonly freshHead?: true;
  /** softmax by default. */
  readonly loss?: TrainRequest['loss'];
  /** Brought weights, which it starts from instead. */
  readonly start?: ResolvedStart | undefined;
  /** How much of the network learns, and how fast; all of it alike by default. */
  readonly tuning?: Tuning | undefined;
  /** The network's preprocessing; ImageNet's by default. */
  readonly preprocessing?: ModelPreprocessing | undefined;
}

export interface TrainedImages extends LabelledImages {
  /** What each image is trained on instead of its class. */
  readonly targets?: SoftTargets;
}

/** The inputs that name the training's run. */
export function trainingInputs(
  { seed, imageSizePx, batch, engine }: ResolvedRecipe,
  { firstNames }: Pick<Collection, 'firstNames'>,
  { stage, network, training, imagesDigest, parents, start, tuning, loss }: TrainingPlan,
): StageInputs {
  const parameters = {
    ...{ network, training, imageSizePx, batch, images: imagesDigest, classNames: firstNames },
    // Omitted for random weights, which keeps the names that earlier releases gave.
    ...(start && { start: { weights: start.weights, headRows: start.headRows } }),
    ...(tuning && { tuning }),
    ...(loss === 'sigmoid' && { loss }),
    ...precisionParameters(engine),
  };
  return { stage, seed: stageSeed(seed, stage), parameters, parents };
}

export async function trainStage(
  workspace: Workspace,
  collection: Collection,
  plan: TrainingPlan,
  images: TrainedImages,
): Promise<RunRecord> {
  const { project, recipe, signal, tell } = workspace;
  const inputs = trainingInputs(recipe, collection, plan);
  const prepare = async ({ runId }: StageWork) => {
    await saveImageSet(project, runId, 'trained-on', images);
    await saveRunClasses(project, runId, collection);
  };
  let stop: AbortSignal = signal;
  let finish: AbortSignal | undefined;
  const work = async (stage: StageWork) => {
    finish = workspace.finishSignal?.();
    stop = finish ? AbortSignal.any([signal, finish]) : signal;
    const request = await trainRequest(workspace, collection, plan, images, stage);
    let loss = '';
    let heldOut = '';
    const options: TaskOptions<'train'> = {
      signal: stop,
      onEvent: ({ imagesProcessed, totalImages, parts, point }) => {
        const inParts = parts > 1 ? `batches in ${parts} parts` : '';
        if (point) loss = `loss ${point.loss.toFixed(3)}`;
        if (point?.heldOut) heldOut = heldOutWords(point.heldOut);
        const detail = [loss, heldOut, inParts].filter((words) => words !== '').join(', ');
        stage.progress(imagesProcessed, totalImages, detail);
        if (point) tell({ kind: 'curveGrew', runId: stage.runId, point });
      },
    };
    await leaveDamagedCheckpoint(workspace, stage.directory);
    stage.awaits('network');
    const result = await withSoundPixels(workspace, request.data, () =>
      computeSteadily(request.target, { signal: stop, tell }, (target) =>
        runTask('train', { ...request, target }, options),
      ),
    );
    await recordRunFiles(stage.directory, [MODEL, CURVE]);
    return { ...result };
  };
  const { id } = stageRun(inputs);
  const known = await keptBefore(workspace, id);
  if (known) return known;
  try {
    return await runStage(workspace, inputs, { prepare, work });
  } catch (error) {
    if (!(error instanceof Interrupted) || signal.aborted || !finish?.aborted) throw error;
    return await keepEarly(workspace, id);
  }
}

/** The run that the user chose to continue with instead of the full training, in this piece of work. */
async function keptBefore({ project, endedEarly, tell }: Workspace, id: string): Promise<RunRecord | undefined> {
  for (const keptId of endedEarly?.runIds ?? []) {
    const kept = await readRun(project, keptId);
    if (kept?.state !== 'succeeded' || kept.endedEarly?.run !== id) continue;
    const { stage, metrics } = kept;
    tell({ kind: 'stageFinished', stage, runId: keptId, reused: true, seconds: 0, metrics });
    return kept;
  }
  return undefined;
}

async function keepEarly({ project, endedEarly, tell }: Workspace, id: string): Promise<RunRecord> {
  const kept = await keepTraining(project, id);
  endedEarly?.add(kept.id);
  const ordinary = await readRun(project, id);
  const reason = `It was ended early, and what it had learnt is kept as ${kept.id}. It continues where it stopped when it is asked for again.`;
  if (ordinary) await writeRun(project, { ...ordinary, reason });
  const { stage, metrics } = kept;
  tell({
    kind: 'noted',
    message: `The training ${id} ended early, ${endedEarlyText(kept)}, and is kept as ${kept.id}.`,
  });
  tell({ kind: 'stageFinished', stage, runId: kept.id, reused: false, seconds: secondsOf(kept), metrics });
  return kept;
}

function heldOutWords({ correct, images }: HeldOutAnswers): string {
  const [low, high] = wilsonInterval(correct, images).map((share) => Math.round(100 * share));
  return `held-out ${Math.round((100 * correct) / images)} % (${low} to ${high} %)`;
}

/** The request to the compute thread. Decodes missing images at the network's input size. */
export async function trainRequest(
  workspace: Workspace,
  collection: Collection,
  plan: TrainingPlan,
  images: TrainedImages,
  { directory, runId }: Pick<StageWork, 'directory' | 'runId'>,
): Promise<TrainRequest> {
  const { project, recipe, target } = workspace;
  const { imageSizePx, batch } = recipe;
  const cache = await pixelsFor(workspace, collection, imageSizePx, plan.preprocessing);
  const several = plan.network.outputs === 'sigmoid';
  const targets = images.targets ?? (several ? severalTargets(collection, images) : undefined);
  const { heldOut } = collection;
  return {
    target,
    network: plan.network,
    imageSizePx,
    batch,
    imagesAtOnce: recipe.engine.imagesAtOnce ?? undefined,
    images: plan.training.images,
    seed: stageSeed(recipe.seed, plan.stage),
    data: {
      ...cache,
      imageIds: images.imageIds,
      classIds: outputsOf(collection, images.classIds),
      ...(targets && { targets }),
    },
    heldOut: {
      imageIds: heldOut.imageIds,
      classIds: outputsOf(collection, heldOut.classIds),
      ...(several && { targets: severalTargets(collection, heldOut) }),
    },
    optimiser: plan.training.optimiser,
    schedule: plan.training.schedule,
    augmentation: augmentationOf(plan.training),
    mix: mixOf(plan.training),
    loss: plan.loss,
    labelSmoothing: plan.training.labelSmoothing,
    dropoutRate: plan.training.dropout,
    stochasticDepth: plan.training.stochasticDepth,
    averageDecay: plan.training.averageDecay ?? undefined,
    ...(await startOf(workspace, plan)),
    tuning: plan.tuning,
    preprocessing: plan.preprocessing,
    runDirectory: directory,
    classNames: collection.classNames,
    provenance: { run: runId, stage: plan.stage, project: project.name },
    checkpointEveryMs: 1000 * recipe.engine.checkpointSeconds,
  };
}

async function startOf(workspace: Workspace, { start, startFrom, freshHead }: TrainingPlan) {
  if (startFrom || !start) {
    const from = startFrom && (await openModel(workspace, startFrom));
    return { startFrom: from, ...(freshHead && { head: { rows: undefined } }) };
  }
  const weights = await findWeights(workspace.project, start.weights);
  return { startFrom: await openWeights(workspace.project, weights), head: { rows: start.headRows ?? undefined } };
}

/** Whether the run's model is a network of ours. Throws `StoredDataDamaged`. */
export async function hasNetwork(
  { project }: Pick<Workspace, 'project'>,
  run: Pick<RunRecord, 'id'>,
): Promise<boolean> {
  return (await findRunFile(project.path('runs', run.id), MODEL)) !== undefined;
}

/** The verified model of a training run. Throws `StoredDataDamaged`. */
export async function openModel({ project }: Pick<Workspace, 'project'>, run: Pick<RunRecord, 'id'>): Promise<string> {
  return await openRunFile(project.path('runs', run.id), MODEL);
}

/** A training continues from its last checkpoint, or starts over. */
async function leaveDamagedCheckpoint({ tell }: Workspace, directory: string): Promise<void> {
  for await (const verdict of verifyCheckpoint(directory)) {
    if (verdict.state !== 'damaged') continue;
    const { what, path, damage } = verdict;
    tell({ kind: 'noted', message: `${what} is damaged (${path}: ${damage}): the training starts again.` });
    removeCheckpoint(directory);
  }
}

/** Stages draw from separate random streams, so that changing one does not affect another. */
function stageSeed(seed: number, stage: StageName): number {
  return [...stage].reduce((hash, letter) => mix32(hash ^ letter.charCodeAt(0)), seed);
}

export function augmentationOf({ augmentation }: ResolvedTraining): Augmentation {
  const { crop, cropPaddingPx, minimumArea, horizontalFlip, colourJitter, randomErasing } = augmentation;
  const crops = {
    none: { kind: 'none' },
    reflectPad: { kind: 'reflectPad', paddingPx: cropPaddingPx },
    randomResized: { kind: 'randomResized', minimumArea, maximumAspect: 4 / 3 },
  } as const;
  return {
    crop: crops[crop],
    horizontalFlip,
    ...(colourJitter > 0
      ? {
          colourJitter: {
            brightness: colourJitter,
            contrast: colourJitter,
            saturation: colourJitter,
            hue: colourJitter / 4,
          },
        }
      : {}),
    ...(randomErasing > 0 ? { randomErasing: { probability: randomErasing, maximumArea: 1 / 3 } } : {}),
  };
}

function mixOf({ augmentation }: ResolvedTraining): TrainRequest['mix'] {
  return augmentation.mix === 'none' ? undefined : { kind: augmentation.mix, alpha: augmentation.mixAlpha };
}
