/**
 * A share of a labelling: partitions i, i + n, i + 2n, … of a project opened read-only, so that n such commands
 * together do all of it side by side, on one machine or on several that share the project's folder. The next regular
 * labelling takes over what exists and finishes.
 */
import type { Project } from '../catalogue/project.ts';
import { chooseDevices } from '../doctor/choose-device.ts';
import { runAll, type TaskRunner } from '../jobs/task-runner.ts';
import { CollectionUnfit } from './collection.ts';
import { halfPrecision, targetOn } from './compute-precision.ts';
import {
  cacheImagesOf,
  type LabelOrder,
  PartitionCount,
  type PartitionOutcome,
  partitionNumbers,
  partitionOf,
} from './label-partition.ts';
import { labelDevices, recipeAsked, type WorkspaceOptions } from './open-workspace.ts';
import { onDevices } from './partition-runners.ts';
import { NotReadyToShare, plannedLabelling } from './planned-labelling.ts';
import { previewOf } from './preview-recipe.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';

/** The index of a share, from 0, and the number of shares. */
export interface Share {
  readonly index: number;
  readonly of: number;
}

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
  const { teacher: trained, label } = await plannedLabelling(project, recipe, sets);
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
      return await devicesInTurn.run({ partition, imageIds, files: await cacheImagesOf(project, imageIds) }, running);
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
