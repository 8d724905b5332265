/**
 * What a planned run needs: which work on how many images, memory from the network's tensors, disk space from what it
 * writes.
 */
import type { Project } from '../catalogue/project.ts';
import { tensorBytes } from '../models/network-cost.ts';
import { partsOf } from '../training/batch-parts.ts';
import { FeatureStore } from '../training/feature-store.ts';
import type { TriedNetwork, TriedWork } from '../training/trial-steps.ts';
import type { CollectionSets } from './collection.ts';
import { featureFolder, IMAGES_AT_ONCE } from './feature-teacher.ts';
import type { NetworkWork, Work } from './measured-rates.ts';
import type { PlannedNetwork, PlannedRun } from './planned-runs.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';
import { stages } from './stages.ts';

/** A score: id, class, probability, place, before compression. */
const SCORE_ROW_BYTES = 11;
/** An image's features are stored in half precision, with its id and its file's version. */
const FEATURE_BYTES = 2;
const FEATURE_ROW_BYTES = 48;
/**
 * Weights and momenta as passed in, read back, and assembled for a checkpoint, besides what the device computes with.
 */
const HOST_COPIES = 8;
/** Half of what two cores achieve: the selection takes seconds on any computer. */
const SELECTED_PER_SECOND = 20_000;

/** Work whose rate is known or can be tried. */
export interface NeededWork {
  readonly work: Work;
  readonly tried: TriedWork;
  readonly images: number;
}

export interface Needs {
  readonly works: readonly NeededWork[];
  /** In addition to the works. */
  readonly seconds: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
}

export interface Planning {
  readonly project: Project;
  readonly recipe: ResolvedRecipe;
  readonly sets: CollectionSets;
}

export async function needsOf(run: PlannedRun, planning: Planning): Promise<Needs> {
  const looks = await looksOf(run, planning);
  const networks = run.networks.map((network) => neededNetwork(run, network, planning));
  const dimension = run.look?.extractor.extractor.dimension ?? 0;
  const looked = looks.reduce((sum, { images }) => sum + images, 0);
  const memory = [
    ...networks.map(({ tried }) => {
      const { weights, all } = tensorBytes(tried, tried.batch, tried.kind);
      return all + (tried.kind === 'train' ? HOST_COPIES * weights : weights);
    }),
    ...(run.look ? [2 * run.look.extractor.bytes + 4 * dimension * run.look.imageIds.length] : []),
    ...(stages[run.stage].cost === 'rank' ? [run.images * SCORE_ROW_BYTES] : []),
  ];
  return {
    works: [...looks, ...networks],
    seconds: stages[run.stage].cost === 'rank' ? run.images / SELECTED_PER_SECOND : 0,
    memoryBytes: Math.max(0, ...memory),
    diskBytes: writtenBytes(run, planning) + looked * (FEATURE_BYTES * dimension + FEATURE_ROW_BYTES),
  };
}

interface NeededNetwork extends NeededWork {
  readonly work: NetworkWork;
  readonly tried: TriedNetwork;
}

function neededNetwork(
  { stage, images, asked = images, augmentation }: PlannedRun,
  { network, imageSizePx }: PlannedNetwork,
  { recipe }: Planning,
): NeededNetwork {
  if (augmentation === undefined || stages[stage].cost !== 'train') {
    const work = { kind: 'predict', network, imageSizePx } as const;
    return { work, tried: { ...work, batch: recipe.label.batch }, images: asked };
  }
  const work = { kind: 'train', network, imageSizePx } as const;
  const batch = recipe.batch / partsOf(recipe.batch, recipe.engine.imagesAtOnce ?? recipe.batch);
  return { work, tried: { ...work, batch, augmentation }, images };
}

/** For the images that the brought network has not processed yet. */
async function looksOf({ look }: PlannedRun, { project }: Planning): Promise<NeededWork[]> {
  if (!look) return [];
  const { id, path, extractor } = look.extractor;
  const store = new FeatureStore(featureFolder(project, id), extractor.dimension);
  const tried = { kind: 'look', networkPath: path, extractor, batch: IMAGES_AT_ONCE } as const;
  return [{ work: { kind: 'look', extractor: id }, tried, images: await store.missing(look.imageIds.toSorted()) }];
}

function writtenBytes({ stage, networks }: PlannedRun, { recipe, sets }: Planning): number {
  const unlabelled = sets.unlabelled.length;
  switch (stages[stage].cost) {
    case 'predict':
      return unlabelled * recipe.label.topP * SCORE_ROW_BYTES;
    case 'rank':
      return Math.min(recipe.select.k, unlabelled) * sets.classNames.length * SCORE_ROW_BYTES;
    case 'train':
      // The model, and the checkpoint with its momenta.
      return 3 * Math.max(0, ...networks.map((network) => tensorBytes(network, 1, 'train').weights));
    case 'compare':
      return 0;
    default:
      return stages[stage].cost satisfies never;
  }
}
