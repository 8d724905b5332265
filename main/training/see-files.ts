/** The features of a few image files outside any project, computed on a compute thread. */
import type { ImageLocator } from '../images/image-locator.ts';
import type { Extractor } from '../models/onnx/feature-extractor.ts';
import { openEyes } from './embed.ts';
import { openFiles, squaresLookedAt } from './image-reader.ts';
import type { ScoredBatch } from './predict-request.ts';
import type { ComputeTarget } from './train-request.ts';

export interface SeeRequest {
  readonly target: ComputeTarget;
  readonly networkPath: string;
  readonly extractor: Extractor;
  readonly images: readonly ImageLocator[];
}

export interface SeenFiles {
  /** [images, dimension] */
  readonly features: Float32Array;
  /** Their features are meaningless. */
  readonly unreadable: ScoredBatch['unreadable'];
}

export async function seeFiles({ target, networkPath, extractor, images }: SeeRequest): Promise<SeenFiles> {
  const network = await openEyes({ target, networkPath, extractor });
  const reader = openFiles(images, squaresLookedAt(extractor), network.place.bind(network));
  const { dimension, preprocessing } = extractor;
  const features = new Float32Array(images.length * dimension);
  const batch = network.batch ?? 1;
  const pictures = new Float32Array(batch * 3 * preprocessing.sizePx ** 2);
  try {
    const unreadable: ScoredBatch['unreadable'][number][] = [];
    for (let first = 0; first < images.length; first += batch) {
      const count = Math.min(batch, images.length - first);
      unreadable.push(...(await reader.fill(first, count, pictures)));
      const seen = await network.features(pictures, batch);
      features.set(seen.subarray(0, count * dimension), first * dimension);
    }
    return { features, unreadable };
  } finally {
    reader.close();
    await network.close();
  }
}
