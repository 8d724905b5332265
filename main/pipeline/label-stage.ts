/**
 * The teacher labels the collection (section 3.2, first half): softmax over the classes for every image of U, keeping
 * the P highest. Written in partitions; a finished partition is never done again.
 */
import { at } from '../at.ts';
import type { Project } from '../catalogue/project.ts';
import { saveRunClasses } from '../catalogue/run-classes.ts';
import { FleetTaskFailed } from '../jobs/fleet.ts';
import { TaskProcessEnded } from '../jobs/task-process.ts';
import { runAll, type TaskRunner } from '../jobs/task-runner.ts';
import { describeModel } from '../models/checkpoint.ts';
import { preprocessingOf } from '../models/model-preprocessing.ts';
import { StoredDataDamaged } from '../stored-data.ts';
import { type Collection, pixelsFor } from './collection.ts';
import { precisionParameters } from './compute-precision.ts';
import { pixelCachePlace } from './decode-once.ts';
import { INT8_FILE, Int8Unfit, int8Labelling, int8Parameters } from './int8-labelling.ts';
import {
  cacheImagesOf,
  labelPartition,
  PartitionCount,
  type PartitionImages,
  type PartitionOutcome,
  partitionNumbers,
  partitionOf,
} from './label-partition.ts';
import { NoLaneLeft, onDevices, onFleet, type PartitionRunner } from './partition-runners.ts';
import { PartitionWriter } from './partition-writer.ts';
import { type Predict, predictorOf } from './predictor.ts';
import { decodedFrames, projectSquares } from './project-squares.ts';
import { USUAL_PARTITION_IMAGES } from './recipe-schema.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';
import type { RunRecord } from './run-record.ts';
import { withSoundPixels } from './sound-pixels.ts';
import { runStage, type StageInputs, type StageParent, type StageSteps, type StageWork } from './stage.ts';
import { stages } from './stages.ts';
import { computeSteadily } from './steady-compute.ts';
import { hasNetwork, openModel } from './train-stage.ts';
import type { Workspace } from './workspace.ts';

/** Partitions that are computed at once; their rows are held in memory until they are written. */
const MOST_PARTITIONS = 16;

/** The inputs that name the labelling's run. */
export function labelInputs(
  { label, seed, engine }: ResolvedRecipe,
  { digests }: Pick<Collection, 'digests'>,
  teacher: StageParent,
): StageInputs {
  const { topP, partitionImages } = label;
  const parameters = {
    ...{ topP, unlabelled: digests.unlabelled },
    ...(partitionImages === USUAL_PARTITION_IMAGES ? {} : { partitionImages }),
    ...int8Parameters(label),
    ...precisionParameters(engine),
  };
  return { stage: 'label', seed, parameters, parents: [teacher] };
}

const NO_NETWORK =
  'int8 is for Understudy’s own networks, and this teacher is not one (it uses a brought network, or only scores): label without --int8 (label.int8=false).';
const ALONE =
  'This teacher is not one of Understudy’s own networks (it uses a brought network, or only scores), and runs on this machine alone: the fleet gets nothing to do.';

export async function labelStage(workspace: Workspace, collection: Collection, teacher: RunRecord): Promise<RunRecord> {
  const { project, recipe } = workspace;
  const { topP, partitionImages } = recipe.label;
  const work = async (stage: StageWork) => {
    const byNetwork = await hasNetwork(workspace, teacher);
    if (recipe.label.int8 && !byNetwork) throw new Int8Unfit(NO_NETWORK);
    if (workspace.fleet && !byNetwork) workspace.tell({ kind: 'noted', message: ALONE });
    const label = byNetwork ? await withNetwork(workspace, collection, teacher) : undefined;
    const predict = label ? undefined : await predictorOf(workspace, collection, teacher);
    const done = new Set(await project.scores.soundPartitions(stage.runId));
    const total = collection.unlabelled.length;
    const partitions = partitionNumbers(total, partitionImages);
    const open = partitions
      .filter((partition) => !done.has(partition))
      .map((partition) => ({ partition, imageIds: partitionOf(collection.unlabelled, partition, partitionImages) }));
    const startedMs = performance.now();
    stage.awaits('network');
    const int8 = await label?.(stage, open);
    if (predict) await labelInOrder({ project, collection, stage, open, topP, partitionImages }, predict);
    const labelled = open.reduce((sum, { imageIds }) => sum + imageIds.length, 0);
    await project.scores.finish(stage.runId, partitions.length);
    await project.scores.rankAll(stage.runId);
    const seconds = (performance.now() - startedMs) / 1000;
    return { images: total, topP, seconds, imagesPerSecond: labelled / seconds, ...int8 };
  };
  return await runStage(workspace, labelInputs(recipe, collection, teacher), {
    ...labelSteps(project, collection),
    work,
    ...(recipe.label.int8 ? { outputs: [...stages.label.outputs, INT8_FILE] } : {}),
  });
}

/** @returns metrics of how it was computed */
type LabelOpen = (stage: StageWork, open: readonly PartitionImages[]) => Promise<Record<string, number>>;

/**
 * With a network of ours, partitions are labelled side by side, one on each device or as many as the fleet has workers.
 * Partitions that hit damaged pixels, or failed elsewhere, are done here at the end, one by one.
 */
async function withNetwork(workspace: Workspace, collection: Collection, teacher: RunRecord): Promise<LabelOpen> {
  const { project, recipe, signal, tell, labelTargets, target, fleet, undecoded } = workspace;
  const modelPath = await openModel(workspace, teacher);
  const model = await describeModel(modelPath);
  const preprocessing = preprocessingOf(model);
  const cache = undecoded
    ? pixelCachePlace(project, projectSquares(project, model.imageSizePx, preprocessing))
    : await pixelsFor(workspace, collection, model.imageSizePx, preprocessing);
  const { topP, batch, partitionImages } = recipe.label;
  return async (stage, open) => {
    const { classIds, unlabelled } = collection;
    const int8 = recipe.label.int8
      ? await int8Labelling(workspace, { runId: stage.runId, modelPath, cache, unlabelled })
      : undefined;
    const ranges = int8 && { int8: int8.ranges };
    const order = {
      ...{ runId: stage.runId, teacher: teacher.id, classIds, topP, batch, partitionImages, ...ranges },
      frames: decodedFrames(project),
      ...precisionParameters(recipe.engine),
    };
    const lengths = open.map(({ partition, imageIds }) => [partition, imageIds.length] as const);
    const counted = new PartitionCount(
      lengths,
      unlabelled.length - lengths.reduce((sum, [, length]) => sum + length, 0),
    );
    const progress = ({ partition }: PartitionImages, done: number) =>
      stage.progress(counted.advance(partition, done), counted.total);
    const finished = ({ partition }: PartitionImages) => stage.progress(counted.finish(partition), counted.total);
    const here: PartitionImages[] = [];
    const runner =
      fleet && open.length > 0
        ? await onFleet(workspace, fleet, order, unlabelled)
        : onDevices(project, order, labelTargets, tell);
    try {
      const leaving = leavingSome(runner, (images, error) => {
        here.push(images);
        if (!(error instanceof NoLaneLeft))
          tell({ kind: 'noted', message: `Partition ${images.partition} is labelled at the end: ${error.message}` });
      });
      await runAll(leaving, open, { signal, progress }, (images, outcome) => {
        if (outcome) finished(images);
      });
    } finally {
      stage.awaits('disk');
      await runner.close();
    }
    for (const left of here) {
      const images = undecoded ? { ...left, files: await cacheImagesOf(project, left.imageIds) } : left;
      const label = () =>
        computeSteadily(target, workspace, (on) =>
          labelPartition(project, order, images, { target: on, signal, progress: (done) => progress(images, done) }),
        );
      await (undecoded ? label() : withSoundPixels(workspace, cache, label));
      finished(images);
    }
    const said: Record<string, number> = int8
      ? { int8Top1: int8.agreement.top1, int8Overlap: int8.agreement.overlap, int8Images: int8.agreement.images }
      : {};
    return said;
  };
}

/** Resolves with undefined for partitions left for later. */
function leavingSome(
  runner: PartitionRunner,
  leave: (images: PartitionImages, error: Error) => void,
): TaskRunner<PartitionImages, PartitionOutcome | undefined> {
  return {
    ...runner,
    run: async (images, options) => {
      try {
        return await runner.run(images, options);
      } catch (error) {
        const pixels = error instanceof StoredDataDamaged && error.damage.kind === 'pixels';
        const elsewhere = [FleetTaskFailed, TaskProcessEnded, NoLaneLeft].some((Failure) => error instanceof Failure);
        if (!pixels && !elsewhere) throw error;
        leave(images, error as Error);
        return undefined;
      }
    },
  };
}

interface InOrder {
  readonly project: Project;
  readonly collection: Collection;
  readonly stage: StageWork;
  readonly open: readonly PartitionImages[];
  readonly topP: number;
  readonly partitionImages: number;
}

/** For other kinds of teachers: some answer for many images at once, so that a batch may span two partitions. */
async function labelInOrder(
  { project, collection, stage, open, topP, partitionImages }: InOrder,
  predict: Predict,
): Promise<void> {
  const { scores } = project;
  const { classIds, unlabelled } = collection;
  const atOnce = predict.takesMany ? MOST_PARTITIONS : 1;
  const [next] = open;
  if (next) await predict.expect?.(unlabelled.subarray(next.partition * partitionImages));
  for (let first = 0; first < open.length; first += atOnce) {
    const partitions = open.slice(first, first + atOnce);
    const writer = new PartitionWriter({ scores, runId: stage.runId, partitions, classIds, topP });
    const before = at(open, first).partition * partitionImages;
    stage.awaits('network');
    try {
      await predict(writer.imageIds, (scored) => {
        writer.take(scored);
        stage.progress(before + scored.first + scored.count, unlabelled.length);
      });
    } finally {
      stage.awaits('disk');
      await writer.written();
    }
  }
}

/** Common to all labellings besides the scores: the files they keep, and how the scores are verified. */
export function labelSteps(
  project: Project,
  collection: Pick<Collection, 'classIds' | 'classNames'>,
): Pick<StageSteps, 'prepare' | 'verify'> {
  return {
    prepare: ({ runId }) => saveRunClasses(project, runId, collection),
    verify: (runId) => project.scores.verify(runId),
  };
}
