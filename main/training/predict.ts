/**
 * Runs a trained network over images, in evaluation mode: the teacher labelling the collection, the evaluation of any
 * model, the classification of a folder. Runs on a worker thread; holds one batch of images at a time.
 */
import type { Engine, ProgramSession } from '../engines/engine.ts';
import { Interrupted } from '../failure.ts';
import { loadModel, type SavedModel } from '../models/checkpoint.ts';
import { inferenceProgram } from '../models/programs.ts';
import { openImageReader } from './image-reader.ts';
import type { ImageSource, PredictRequest, PredictResult, ScoredBatch } from './predict-request.ts';

export interface PredictHost {
  shouldStop(): boolean;
  /** Takes the scores of images that stand next to each other in the request. */
  scored(batch: ScoredBatch): void;
}

export async function predict(request: PredictRequest, engine: Engine, host: PredictHost): Promise<PredictResult> {
  const model = await loadModel(request.modelPath);
  const { network, imageSizePx } = model;
  const total = sourceLength(request.source);
  const batch = Math.min(request.batch, Math.max(1, total));
  const program = inferenceProgram({ network, batch, imageSizePx });
  const session = await engine.prepare(program, model.weights, request.target);
  const reader = openImageReader(request.source, imageSizePx);
  const images = new Float32Array(batch * 3 * imageSizePx ** 2);
  const startedMs = performance.now();
  try {
    for (let first = 0; first < total; first += batch) {
      const count = Math.min(batch, total - first);
      const unreadable = await reader.fill(first, count, images);
      const probabilities = await probabilitiesOf(session, images, model, count);
      host.scored({ first, count, classes: network.classes, probabilities, unreadable });
      if (host.shouldStop()) throw new Interrupted();
    }
    const seconds = (performance.now() - startedMs) / 1000;
    return { images: total, seconds, imagesPerSecond: total / seconds, classNames: model.classNames };
  } finally {
    reader.close();
    await session.dispose();
  }
}

/** [count, classes]; what the padding of the last batch gave is cut off. */
async function probabilitiesOf(
  session: ProgramSession,
  images: Float32Array,
  model: SavedModel,
  count: number,
): Promise<Float32Array> {
  const outputs = await session.run(new Map([['images', images]]));
  const probabilities = outputs.get('probabilities');
  if (!probabilities) throw new Error('the inference program gives no probabilities');
  return probabilities.slice(0, count * model.network.classes);
}

function sourceLength(source: ImageSource): number {
  return source.kind === 'cache' ? source.imageIds.length : source.paths.length;
}
