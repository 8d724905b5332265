/** A training stage of the method: which network on which images, as a run on disk. */
import { join } from 'node:path';
import { saveImageSet } from '../catalogue/image-set.ts';
import { saveRunClasses } from '../catalogue/run-classes.ts';
import type { RunRecord } from '../catalogue/run-record.ts';
import type { Augmentation } from '../images/augment.ts';
import { runTask } from '../jobs/run-task.ts';
import type { NetworkConfig } from '../models/network.ts';
import { mix32 } from '../random.ts';
import type { TrainRequest } from '../training/train-request.ts';
import { type Collection, type LabelledImages, outputsOf } from './collection.ts';
import type { ResolvedTraining } from './resolve-recipe.ts';
import { runStage, type StageName } from './stage.ts';
import type { Workspace } from './workspace.ts';

export interface TrainingPlan {
  readonly stage: Extract<StageName, 'teacher' | 'supervised' | 'pretrain' | 'finetune'>;
  readonly network: NetworkConfig;
  readonly training: ResolvedTraining;
  readonly images: LabelledImages;
  /** Says which images these are: a digest, or the run that chose them is among the parents. */
  readonly imagesDigest: string;
  readonly parents: readonly RunRecord[];
  /** The run whose model is the start; random weights when absent. */
  readonly startFrom?: RunRecord;
}

export async function trainStage(workspace: Workspace, collection: Collection, plan: TrainingPlan): Promise<RunRecord> {
  const { project, recipe, target, signal, tell } = workspace;
  const seed = stageSeed(recipe.seed, plan.stage);
  const { imageSizePx, batch } = recipe;
  const parameters = {
    network: plan.network,
    training: plan.training,
    imageSizePx,
    batch,
    images: plan.imagesDigest,
    classNames: collection.firstNames,
  };
  return await runStage(workspace, { stage: plan.stage, seed, parameters, parents: plan.parents }, async (stage) => {
    await saveImageSet(project, stage.runId, 'trained-on', plan.images);
    await saveRunClasses(project, stage.runId, collection);
    const request: TrainRequest = {
      target,
      network: plan.network,
      imageSizePx,
      batch,
      images: plan.training.images,
      seed,
      data: {
        ...collection.cache,
        imageIds: plan.images.imageIds,
        classIds: outputsOf(collection, plan.images.classIds),
      },
      optimiser: plan.training.optimiser,
      schedule: plan.training.schedule,
      augmentation: augmentationOf(plan.training),
      mix: mixOf(plan.training),
      labelSmoothing: plan.training.labelSmoothing,
      dropoutRate: plan.training.dropout,
      averageDecay: plan.training.averageDecay ?? undefined,
      startFrom: plan.startFrom && project.path('runs', plan.startFrom.id, 'model.safetensors'),
      runDirectory: stage.directory,
      classNames: collection.classNames,
      provenance: { run: stage.runId, stage: plan.stage, project: project.name },
      checkpointEveryMs: 1000 * recipe.engine.checkpointSeconds,
    };
    const result = await runTask('train', request, {
      signal,
      finishSignal: workspace.finishSignal?.(),
      onEvent: ({ imagesProcessed, totalImages, point }) => {
        stage.progress(imagesProcessed, totalImages, `loss ${point.loss.toFixed(3)}`);
        tell({ kind: 'curveGrew', runId: stage.runId, point });
      },
    });
    return { ...result };
  });
}

/** Where a training run keeps its model. */
export function modelPath({ project }: Workspace, run: RunRecord): string {
  return join(project.path('runs', run.id), 'model.safetensors');
}

/** Stages draw from streams of their own, so that changing one does not change what another sees. */
function stageSeed(seed: number, stage: StageName): number {
  return [...stage].reduce((hash, letter) => mix32(hash ^ letter.charCodeAt(0)), seed);
}

function augmentationOf({ augmentation }: ResolvedTraining): Augmentation {
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
