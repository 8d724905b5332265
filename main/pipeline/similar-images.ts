/**
 * “Like this one”: the images most similar to a picture according to a brought network, by the cosine of their
 * features.
 */
import { at } from '../at.ts';
import { usableImages } from '../catalogue/images/usable-images.ts';
import type { Project } from '../catalogue/project.ts';
import { CPU } from '../engines/device.ts';
import { ExpectedFailure } from '../failure.ts';
import { IdSet } from '../id-set.ts';
import { type ImageLocator, imageName } from '../images/image-locator.ts';
import { runTask } from '../jobs/run-task.ts';
import { FeatureStore } from '../training/feature-store.ts';
import { visible } from '../visible.ts';
import { requireExtractor } from './extractors.ts';
import { featureFolder } from './feature-teacher.ts';
import { requireUsualEyes } from './usual-eyes.ts';

export class NotLookedAt extends ExpectedFailure {}
export class ImageNotSeen extends ExpectedFailure {}

export interface SimilarImage {
  readonly imageId: number;
  readonly path: string;
  /** From −1 to 1. */
  readonly cosine: number;
}

/**
 * The nearest first, excluding the image itself; uses the extractor that the recipe names, or one that was brought.
 * Missing images are left out. Throws `NoEyes` if none was brought, and `NotLookedAt` if it has not processed the image
 * yet.
 */
export async function similarImages(project: Project, imageId: number, count: number): Promise<SimilarImage[]> {
  const eyes = await requireUsualEyes(project);
  const store = new FeatureStore(featureFolder(project, eyes.id), eyes.extractor.dimension);
  if ((await store.missing(Int32Array.of(imageId))) > 0) {
    throw new NotLookedAt(
      `The network ${eyes.file} has not processed image ${imageId} yet: label the collection with it (understudy label), then try again.`,
    );
  }
  return await nearestTo(project, store, await store.gather(Int32Array.of(imageId)), { count, leftOut: imageId });
}

/**
 * The same for a picture outside the project: its features are computed, but not stored. Throws `ImageNotSeen` if the
 * file is not a picture, and `NotLookedAt` if the extractor has processed no image of the project yet.
 */
export async function similarToFile(
  project: Project,
  file: ImageLocator,
  count: number,
  signal?: AbortSignal,
): Promise<SimilarImage[]> {
  const eyes = await requireUsualEyes(project);
  const { path, extractor } = await requireExtractor(project, eyes.id);
  const store = new FeatureStore(featureFolder(project, eyes.id), extractor.dimension);
  if ((await store.known()).size === 0) {
    throw new NotLookedAt(
      `The network ${eyes.file} has not processed any image of this project yet: label the collection with it (understudy label), then try again.`,
    );
  }
  const target = { device: CPU, threads: undefined };
  const request = { target, networkPath: path, extractor, images: [file] };
  const { features, unreadable } = await runTask('seeFiles', request, { signal });
  const [problem] = unreadable;
  if (problem) throw new ImageNotSeen(`${visible(imageName(file))} cannot be looked at: ${problem.reason}.`);
  return await nearestTo(project, store, features, { count });
}

async function nearestTo(
  project: Project,
  store: FeatureStore,
  vector: Float32Array,
  { count, leftOut }: { readonly count: number; readonly leftOut?: number },
): Promise<SimilarImage[]> {
  const usable = new IdSet(await usableImages(project.database));
  const own = unit(vector);
  const nearest: { imageId: number; cosine: number }[] = [];
  for await (const { ids, features: vectors } of store.all()) {
    for (const [row, id] of ids.entries()) {
      if (id === leftOut || !usable.has(id)) continue;
      const cosine = cosineOf(own, vectors, row * own.length);
      if (nearest.length === count && cosine <= at(nearest, count - 1).cosine) continue;
      const place = nearest.findIndex((other) => other.cosine < cosine);
      nearest.splice(place === -1 ? nearest.length : place, 0, { imageId: id, cosine });
      if (nearest.length > count) nearest.pop();
    }
  }
  const paths = new Map<number, string>();
  for await (const { id, folder, relativePath } of project.catalogue.eachImage({
    ids: Int32Array.from(nearest, (one) => one.imageId).sort(),
  })) {
    paths.set(id, `${folder}/${relativePath}`);
  }
  return nearest.map((one) => ({ ...one, path: paths.get(one.imageId) ?? '' }));
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0)) || 1;
  return vector.map((value) => value / length);
}

/** Between a unit vector and the vector that starts at `first`. */
function cosineOf(own: Float32Array, vectors: Float32Array, first: number): number {
  let [product, squares] = [0, 0];
  for (let place = 0; place < own.length; place++) {
    const value = at(vectors, first + place);
    product += at(own, place) * value;
    squares += value * value;
  }
  return squares === 0 ? 0 : product / Math.sqrt(squares);
}
