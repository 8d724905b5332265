/**
 * Groups of images that a brought feature extractor considers nearly the same picture, as far as it has processed them:
 * these include mirrored, cropped and recoloured copies. They are displayed beside the near-copies by pixels, but
 * nothing is ever left out because of them.
 */
import { stat } from 'node:fs/promises';
import type { Project } from '../catalogue/project.ts';
import { CPU } from '../engines/device.ts';
import { runTask } from '../jobs/run-task.ts';
import { FeatureStore } from '../training/feature-store.ts';
import { featureFolder } from './feature-teacher.ts';
import { usualEyes } from './usual-eyes.ts';

/**
 * Cosine of mean-centred features. Measured with a MobileNetV2 of 1,280 features on photographs of clothing
 * (docs/real-photographs.md): no two of different garments came this close, and most copies do.
 */
export const SEEN_ALIKE = 0.85;

/**
 * Numbers in memory at once, of two bytes each: 350,000 images of 384; of larger collections the first are compared.
 */
const MOST_NUMBERS = 2 ** 27;

/** How many a sort key can tell apart (training/near-copies.ts). */
const MOST_PICTURES = 2 ** 21;

export interface Eyes {
  readonly storeDirectory: string;
  readonly dimension: number;
  /** When it last processed an image. */
  readonly changedMs: number;
}

/** Undefined if no extractor was brought, or it has processed nothing yet. */
export async function eyesThatLooked(project: Project): Promise<Eyes | undefined> {
  const eyes = await usualEyes(project);
  if (!eyes) return undefined;
  const storeDirectory = featureFolder(project, eyes.id);
  const folder = await stat(storeDirectory).catch(() => undefined);
  return folder && { storeDirectory, dimension: eyes.extractor.dimension, changedMs: folder.mtimeMs };
}

/**
 * Groups of at least two, the largest first, ids ascending; images without features are skipped. @param imageIds sorted
 */
export async function findSeenAlike(
  imageIds: Int32Array,
  { storeDirectory, dimension }: Eyes,
  signal?: AbortSignal,
): Promise<number[][]> {
  const known = await new FeatureStore(storeDirectory, dimension).known();
  const seen = imageIds
    .filter((id) => known.has(id))
    .subarray(0, Math.min(MOST_PICTURES, Math.floor(MOST_NUMBERS / dimension)));
  if (seen.length < 2) return [];
  const source = { storeDirectory, dimension, imageIds: seen };
  const request = { target: { device: CPU, threads: undefined }, source, leastCosine: SEEN_ALIKE };
  return await runTask('nearCopies', request, signal ? { signal } : {});
}
