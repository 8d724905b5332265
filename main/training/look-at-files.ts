/** Classifies image files with an external network and the classifier on top of it, on a compute thread. */
import type { Engine } from '../engines/engine.ts';
import { Interrupted } from '../failure.ts';
import type { ImageLocator } from '../images/image-locator.ts';
import { readHead } from '../models/feature-head.ts';
import type { Extractor } from '../models/onnx/feature-extractor.ts';
import { openEyes } from './embed.ts';
import { openFamiliarity } from './familiar.ts';
import { openHead } from './head-answers.ts';
import { openFiles, squaresLookedAt } from './image-reader.ts';
import type { PredictHost } from './predict.ts';
import type { PredictResult } from './predict-request.ts';
import type { ComputeTarget } from './train-request.ts';

export interface LookRequest {
  readonly target: ComputeTarget;
  readonly modelPath: string;
  readonly networkPath: string;
  readonly extractor: Extractor;
  readonly images: readonly ImageLocator[];
  readonly batch: number;
  /** The index of the first image wanted. */
  readonly first: number;
}

export async function lookAtFiles(request: LookRequest, engine: Engine, host: PredictHost): Promise<PredictResult> {
  const { target, images, extractor } = request;
  const head = await readHead(request.modelPath);
  const classes = head.classNames.length;
  const network = await openEyes(request);
  const batch = network.batch ?? Math.max(1, Math.min(request.batch, images.length));
  const answers = await openHead(head, batch, engine, target);
  const familiarity = await openFamiliarity(head, batch, engine, target);
  const reader = openFiles(images, squaresLookedAt(extractor), network.place.bind(network));
  const pictureLength = 3 * extractor.preprocessing.sizePx ** 2;
  const pictures = new Float32Array(batch * pictureLength);
  const startedMs = performance.now();
  try {
    for (let first = request.first; first < images.length; first += batch) {
      const count = Math.min(batch, images.length - first);
      const unreadable = await reader.fill(first, count, pictures);
      const shown = network.batch ?? count;
      const features = await network.features(pictures.subarray(0, shown * pictureLength), shown);
      const seen = features.subarray(0, count * extractor.dimension);
      const probabilities = await answersOf(seen, count);
      const unlike = (await familiarity?.unlike(seen))?.map((row) => first + row);
      host.scored({ first, count, classes, probabilities, unreadable, ...(unlike && { unlike }) });
      if (host.shouldStop()) throw new Interrupted();
    }
  } finally {
    reader.close();
    await answers.close();
    await familiarity?.close();
    await network.close();
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const looked = images.length - request.first;
  return { images: images.length, seconds, imagesPerSecond: looked / seconds, classNames: head.classNames };

  async function answersOf(features: Float32Array, count: number): Promise<Float32Array> {
    const all = new Float32Array(count * classes);
    for (let first = 0; first < count; first += answers.batch) {
      const end = Math.min(count, first + answers.batch);
      const some = features.subarray(first * extractor.dimension, end * extractor.dimension);
      all.set(await answers.of(some, end - first), first * classes);
    }
    return all;
  }
}
