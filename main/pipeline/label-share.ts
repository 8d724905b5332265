/**
 * A share of a labelling: partitions i, i + n, i + 2n, … of a project opened read-only, so that n such commands
 * together do all of it side by side, on one machine or on several that share the project's folder. The next regular
 * labelling takes over what exists and finishes.
 */
import type { Project } from '../catalogue/project.ts';
import { chooseDevices } from '../doctor/choose-device.ts';
import { ExpectedFailure } from '../failure.ts';
import type { CacheImage } from '../images/cache-image.ts';
import { runAll, type TaskRunner } from '../jobs/task-runner.ts';
import { CollectionUnfit } from './collection.ts';
import { halfPrecision, targetOn } from './compute-precision.ts';
import {
  type LabelOrder,
  PartitionCount,
  type PartitionOutcome,
  PartitionUnfit,
  partitionNumbers,
  partitionOf,
} from './label-partition.ts';
import { cacheImage } from './locate-image.ts';
import { labelDevices, recipeAsked, type WorkspaceOptions } from './open-workspace.ts';
import { onDevices } from './partition-runners.ts';
import { plannedRuns } from './planned-runs.ts';
import { previewOf } from './preview-recipe.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';
import { hasNetwork } from './train-stage.ts';

/** The index of a share, from 0, and the number of shares. */
export interface Share {
  readonly index: number;
  readonly of: number;
}

/** Something has to be done before partitions can be labelled independently. */
export class NotReadyToShare extends ExpectedFailure {}

export interface NamedLabelling {
  readonly order: LabelOrder;
  readonly unlabelled: Int32Array;
  readonly recipe: ResolvedRecipe;
  /** It was finished before. */
  readonly finished: boolean;
}

/** Which labelling the method would do now. Changes nothing. Throws `CollectionUnfit` or `NotReadyToShare`. */
export async function nameLabelling(project: Project, options: WorkspaceOptions): Promise<NamedLabelling> {
  const { base, settings } = await recipeAsked(project, options);
  const { resolved: recipe, sets, unfit } = await previewOf(project, base, settings);
  if (!recipe || !sets) throw new CollectionUnfit(unfit ?? 'There is nothing to label yet.');
  const planned = await plannedRuns(project, recipe, sets, 'label');
  const [teacher, label] = (['teacher', 'label'] as const).map((stage) => planned.find((run) => run.stage === stage));
  if (!teacher || !label) throw new Error('the method up to the labelling has a teacher and a labelling');
  const trained = teacher.finished;
  if (!trained) {
    throw new NotReadyToShare(
      `There is no teacher for this recipe and collection yet (it would be ${teacher.id}): run “understudy teacher ${project.directory}” with the same options first, which also decodes the images.`,
    );
  }
  if (!(await hasNetwork({ project }, trained))) {
    throw new NotReadyToShare(
      `The teacher ${trained.id} has no network of its own (it combines several, is a table of scores, or uses a brought network): run “understudy label ${project.directory}” without shares.`,
    );
  }
  if (recipe.label.int8) {
    throw new NotReadyToShare(
      'A labelling with int8 is not done in shares, since all of it goes by one calibration: use “--fleet”, or leave out --int8 (label.int8=false).',
    );
  }
  const order = {
    runId: label.id,
    teacher: trained.id,
    classIds: sets.classIds,
    topP: recipe.label.topP,
    batch: recipe.label.batch,
    partitionImages: recipe.label.partitionImages,
  };
  return { order, unlabelled: sets.unlabelled, recipe, finished: label.finished !== undefined };
}

export interface ShareHost {
  readonly signal: AbortSignal;
  began(begun: { readonly runId: string; readonly partitions: readonly number[]; readonly all: number }): void;
  progress(done: number, total: number): void;
  /** Receives notes for the user, one sentence each. */
  noted(message: string): void;
  wrote(written: { readonly partition: number; readonly images: number; readonly seconds: number }): void;
}

export interface LabelledShare {
  readonly runId: string;
  /** Partitions of the share: all of them exist now. */
  readonly partitions: number;
  /** Partitions labelled by this call. */
  readonly written: number;
  readonly images: number;
  readonly seconds: number;
}

/**
 * Labels the missing partitions of the share. Throws what `nameLabelling` and `labelPartition` throw, and `WrongUsage`
 * for a device.
 */
export async function labelShare(
  project: Project,
  options: WorkspaceOptions,
  share: Share,
  host: ShareHost,
): Promise<LabelledShare> {
  const startedMs = performance.now();
  const { order, unlabelled, recipe } = await nameLabelling(project, options);
  const { runId } = order;
  const imagesIn = (partition: number) => partitionOf(unlabelled, partition, order.partitionImages);
  const own = partitionNumbers(unlabelled.length, order.partitionImages).filter(
    (partition) => partition % share.of === share.index,
  );
  const open: number[] = [];
  for (const partition of own) if (!(await project.scores.isSound(runId, partition))) open.push(partition);
  host.began({ runId, partitions: open, all: own.length });
  const devices = await chooseDevices(labelDevices(recipe), host.signal, halfPrecision(recipe.engine));
  const targets = devices.map((device) => targetOn(device, recipe.engine));
  const devicesInTurn = onDevices(project, order, targets, (event) => {
    if (event.kind === 'noted') host.noted(event.message);
  });
  const runner: TaskRunner<number, PartitionOutcome> = {
    ...devicesInTurn,
    run: async (partition, running) => {
      const imageIds = imagesIn(partition);
      return await devicesInTurn.run({ partition, imageIds, files: await filesOf(project, imageIds) }, running);
    },
  };
  const counted = new PartitionCount(open.map((partition) => [partition, imagesIn(partition).length]));
  let [written, images] = [0, 0];
  const progress = (partition: number, done: number) => host.progress(counted.advance(partition, done), counted.total);
  await runAll(runner, open, { signal: host.signal, progress }, (partition, outcome) => {
    counted.finish(partition);
    if (outcome.images === 0) return;
    images += outcome.images;
    written++;
    host.wrote({ partition, ...outcome });
  });
  return { runId, partitions: own.length, written, images, seconds: (performance.now() - startedMs) / 1000 };
}

/** In order of id. */
async function filesOf(project: Project, imageIds: Int32Array): Promise<CacheImage[]> {
  const found = new Map<number, CacheImage>();
  for await (const image of project.catalogue.eachImage({ ids: imageIds })) found.set(image.id, cacheImage(image));
  return Array.from(imageIds, (id) => {
    const image = found.get(id);
    if (!image)
      throw new PartitionUnfit(`The image ${id} is not in the catalogue any more: start the partitions again.`);
    return image;
  });
}
