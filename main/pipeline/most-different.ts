/**
 * Which unlabelled images to label next so that the labels cover the collection: those least similar to any labelled
 * image.
 */
import { at } from '../at.ts';
import type { Project } from '../catalogue/project.ts';
import { CPU } from '../engines/device.ts';
import { runTask } from '../jobs/run-task.ts';
import { CounterRandom } from '../random.ts';
import { FeatureStore } from '../training/feature-store.ts';
import { featureFolder } from './feature-teacher.ts';
import { usualEyes } from './usual-eyes.ts';

/** A sample of the unlabelled images, so that memory and time are bounded whatever the collection. */
const MOST_NUMBERS = 2 ** 23;
const MOST_CANDIDATES = 16_384;
const DRAWS = 43;

/**
 * The most different first. Undefined if no feature extractor was brought, or it has not processed the unlabelled
 * images yet.
 */
export async function mostDifferent(
  project: Project,
  { count, seed, signal }: { readonly count: number; readonly seed: number; readonly signal?: AbortSignal },
): Promise<Int32Array | undefined> {
  const eyes = await usualEyes(project);
  if (!eyes) return undefined;
  const { dimension } = eyes.extractor;
  const storeDirectory = featureFolder(project, eyes.id);
  const known = await new FeatureStore(storeDirectory, dimension).known();
  const most = Math.max(count, Math.min(MOST_CANDIDATES, Math.floor(MOST_NUMBERS / dimension)));
  const seen = (ids: Int32Array, draw: number) =>
    drawn(
      ids.filter((id) => known.has(id)),
      most,
      seed,
      draw,
    );
  const imageIds = seen(await project.catalogue.unlabelledImages(), 0);
  if (imageIds.length === 0) return undefined;
  const centres = seen((await project.catalogue.labelledImages('train')).imageIds, 1);
  const target = { device: CPU, threads: undefined };
  const candidates = { storeDirectory, dimension, imageIds };
  return await runTask('spread', { target, candidates, centres, count }, signal ? { signal } : {});
}

/** Sorted sample of at most `most` ids, the same for the same seed. */
function drawn(ids: Int32Array, most: number, seed: number, draw: number): Int32Array {
  if (ids.length <= most) return ids;
  const random = new CounterRandom(seed, DRAWS, draw);
  const order = ids.slice();
  for (let place = 0; place < most; place++) {
    const other = place + random.integer(order.length - place);
    const own = at(order, place);
    order[place] = at(order, other);
    order[other] = own;
  }
  return order.slice(0, most).sort();
}
