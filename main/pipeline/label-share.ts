/**
 * A share of a labelling: partitions i, i + n, i + 2n, … of a project that is only read, so that n such commands do all of it
 * side by side, on one machine or many that share the project's folder. Whoever labels after them takes over what is there and
 * finishes.
 */
import type { Project } from '../catalogue/project.ts';
import { chooseDevice } from '../doctor/choose-device.ts';
import { ExpectedFailure, requireGoingOn } from '../failure.ts';
import type { CacheImage } from '../images/cache-image.ts';
import type { ComputeTarget } from '../training/train-request.ts';
import { CollectionUnfit } from './collection.ts';
import { type LabelOrder, labelPartition, PartitionUnfit, partitionNumbers, partitionOf } from './label-partition.ts';
import { cacheImage } from './locate-image.ts';
import { recipeAsked, type WorkspaceOptions } from './open-workspace.ts';
import { plannedRuns } from './planned-runs.ts';
import { previewOf } from './preview-recipe.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';
import { hasNetwork } from './train-stage.ts';

/** The place among so many, from 0. */
export interface Share {
  readonly index: number;
  readonly of: number;
}

/** What has to be done before partitions can be labelled by themselves. */
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
      `The teacher ${trained.id} has no network of its own (it is several, a table of scores, or looks with a brought network): run “understudy label ${project.directory}” without shares.`,
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
  wrote(written: { readonly partition: number; readonly images: number; readonly seconds: number }): void;
}

export interface LabelledShare {
  readonly runId: string;
  /** Of the share: all of them are there now. */
  readonly partitions: number;
  /** That were labelled by this call. */
  readonly written: number;
  readonly images: number;
  readonly seconds: number;
}

/** Labels what of the share is not there yet. Throws what `nameLabelling` and `labelPartition` throw, and `WrongUsage` for a device. */
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
  const device = await chooseDevice(recipe.engine.device, host.signal);
  const target: ComputeTarget = { device, threads: recipe.engine.threads ?? undefined };
  const total = open.reduce((sum, partition) => sum + imagesIn(partition).length, 0);
  let [before, written, images] = [0, 0, 0];
  for (const partition of open) {
    requireGoingOn(host.signal);
    const imageIds = imagesIn(partition);
    const files = await filesOf(project, imageIds);
    const progress = (done: number) => host.progress(before + done, total);
    const outcome = await labelPartition(
      project,
      order,
      { partition, imageIds, files },
      { target, signal: host.signal, progress },
    );
    before += imageIds.length;
    images += outcome.images;
    written += Number(outcome.images > 0);
    if (outcome.images > 0) host.wrote({ partition, ...outcome });
  }
  return { runId, partitions: own.length, written, images, seconds: (performance.now() - startedMs) / 1000 };
}

/** In the order of the ids. */
async function filesOf(project: Project, imageIds: Int32Array): Promise<CacheImage[]> {
  const found = new Map<number, CacheImage>();
  for await (const image of project.catalogue.eachImage({ ids: imageIds })) found.set(image.id, cacheImage(image));
  return Array.from(imageIds, (id) => {
    const image = found.get(id);
    if (!image)
      throw new PartitionUnfit(`The image ${id} is not in the catalogue any more: begin the partitions again.`);
    return image;
  });
}
