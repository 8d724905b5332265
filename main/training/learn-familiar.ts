/**
 * Describes the pictures that a network has learnt from by the distribution of its features, as a file beside a
 * comparison. Runs on a compute thread.
 */
import type { Engine } from '../engines/engine.ts';
import { saveGaussian } from '../models/feature-gaussian.ts';
import { gaussianOf } from './feature-distances.ts';
import { predict } from './predict.ts';
import { type PredictRequest, sourceLength } from './predict-request.ts';

export interface FamiliarRequest extends PredictRequest {
  readonly savePath: string;
}

export interface FamiliarHost {
  shouldStop(): boolean;
  /** Receives the number of pictures seen. */
  progressed(done: number): void;
}

/** Returns false, and writes nothing, if the features say nothing. Throws what `predict` throws. */
export async function learnFamiliar(request: FamiliarRequest, engine: Engine, host: FamiliarHost): Promise<boolean> {
  const total = sourceLength(request.source);
  const seen: Float32Array[] = [];
  await predict({ ...request, features: true }, engine, {
    shouldStop: host.shouldStop,
    scored: ({ first, count, features }) => {
      if (features) seen.push(features);
      host.progressed(first + count);
    },
  });
  const all = new Float32Array(seen.reduce((sum, { length }) => sum + length, 0));
  seen.reduce((from, features) => {
    all.set(features, from);
    return from + features.length;
  }, 0);
  const gaussian = gaussianOf(all, all.length / total);
  if (gaussian) await saveGaussian(request.savePath, gaussian);
  return gaussian !== undefined;
}
