/**
 * When a picture counts as similar to what a network has learnt from: if it is as near to some of those images as all
 * but 2 % of the held-out images of a comparison are. The limit is stored in the comparison's record, the distribution
 * that distances are measured by in its folder; both accompany the model wherever it classifies. In comparisons of
 * earlier versions, and where too few images are labelled, it is the energy that all but 2 % reach.
 */
import { join } from 'node:path';
import { at } from '../at.ts';
import { findRunFile, recordRunFiles } from '../catalogue/run-files.ts';
import { runTask } from '../jobs/run-task.ts';
import { describeModel } from '../models/checkpoint.ts';
import { preprocessingOf } from '../models/model-preprocessing.ts';
import { classByClass } from '../training/familiar.ts';
import type { FilesOwner } from './brought-files.ts';
import { type Collection, pixelsFor } from './collection.ts';
import { type Compared, comparedMetric } from './newest-comparison.ts';
import type { RunRecord } from './run-record.ts';
import { withSoundPixels } from './sound-pixels.ts';
import type { StageWork } from './stage.ts';
import { computeSteadily } from './steady-compute.ts';
import { hasNetwork, openModel } from './train-stage.ts';
import type { Workspace } from './workspace.ts';

/** The share of held-out images that would be called unfamiliar. */
const SHARE_BEYOND = 0.02;
/**
 * The number of labelled images by which a network's distribution of features is estimated: as many as are held out, so that
 * a comparison takes at most twice as long, but at least `few` and at most `most`. With fewer than `fewest`, none.
 */
const KNOWN = { most: 2000, few: 200, fewest: 50 };
/** With fewer images the lower end of the distribution is unknown. */
const FEWEST = 25;

/** Undefined for too few images, or if an energy is not finite. */
export function leastEnergyIn(energies: Float32Array): number | undefined {
  if (energies.length < FEWEST || energies.some((energy) => !Number.isFinite(energy))) return undefined;
  return at(energies.toSorted(), Math.floor(SHARE_BEYOND * energies.length));
}

/** Its name in a comparison's record. */
export function leastEnergyMetric(model: string): string {
  return `${model}LeastEnergy`;
}

/** Where a picture's distance is measured from, and the greatest of a familiar one. */
export interface FamiliarPictures {
  readonly path: string;
  readonly mostDistance: number;
}

/** What the comparison knows about the model; undefined if it measured no distances. Throws `StoredDataDamaged`. */
export async function familiarPictures(
  project: FilesOwner,
  compared: Compared | undefined,
): Promise<FamiliarPictures | undefined> {
  const mostDistance = comparedMetric(compared, mostDistanceMetric);
  if (!compared || mostDistance === undefined) return undefined;
  const path = await findRunFile(project.path('runs', compared.comparison.id), familiarFile(compared.model));
  return path === undefined ? undefined : { path, mostDistance };
}

/** Undefined for too few images, or if a distance is not finite. */
export function mostDistanceIn(distances: Float32Array): number | undefined {
  const nearness = leastEnergyIn(distances.map((distance) => -distance));
  return nearness === undefined ? undefined : -nearness;
}

/** Its name in a comparison's record. */
export function mostDistanceMetric(model: string): string {
  return `${model}MostDistance`;
}

/** The labelled images that a network of ours is asked about: of each class, one after another. */
export function knownImages(
  { labelled, heldOut, several }: Pick<Collection, 'labelled' | 'heldOut' | 'several'>,
  seed: number,
): Int32Array {
  if (several || labelled.imageIds.length < KNOWN.fewest) return new Int32Array();
  const wanted = Math.min(KNOWN.most, Math.max(KNOWN.few, heldOut.imageIds.length));
  const order = classByClass(Int32Array.from(labelled.classIds), seed).subarray(0, wanted);
  return Int32Array.from(order, (place) => at(labelled.imageIds, place));
}

/**
 * Learns what the run's network makes of `known` and keeps it in the comparison's folder; returns its path. Undefined
 * for anything but a network of ours, or if its features say nothing.
 */
export async function learnFamiliarPictures(
  workspace: Workspace,
  collection: Collection,
  { run, model, known }: { readonly run: RunRecord; readonly model: string; readonly known: Int32Array },
  { directory }: Pick<StageWork, 'directory'>,
  progressed: (done: number) => void,
): Promise<string | undefined> {
  if (known.length === 0 || !(await hasNetwork(workspace, run))) return undefined;
  const modelPath = await openModel(workspace, run);
  const described = await describeModel(modelPath);
  if (described.network.outputs === 'sigmoid') return undefined;
  const cache = await pixelsFor(workspace, collection, described.imageSizePx, preprocessingOf(described));
  const { recipe, signal, target: chosen } = workspace;
  const savePath = join(directory, familiarFile(model));
  const source = { kind: 'cache', ...cache, imageIds: known } as const;
  const isLearnt = await withSoundPixels(workspace, cache, () =>
    computeSteadily(chosen, workspace, (target) =>
      runTask(
        'learnFamiliar',
        { modelPath, batch: recipe.label.batch, source, target, savePath },
        { signal, onEvent: progressed },
      ),
    ),
  );
  if (!isLearnt) return undefined;
  await recordRunFiles(directory, [familiarFile(model)]);
  return savePath;
}

function familiarFile(model: string): string {
  return `familiar-${model}.safetensors`;
}
