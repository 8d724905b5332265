/**
 * Calibrates a network for 8-bit integers: the range of each of its activations on a sample of images, computed in
 * fp32. Runs on a compute thread.
 */
import type { Engine } from '../engines/engine.ts';
import { type ActivationRanges, int8Plan } from '../engines/int8-plan.ts';
import { Interrupted } from '../failure.ts';
import { elementCount, type Program, type Value } from '../graph/program.ts';
import { loadModel } from '../models/checkpoint.ts';
import { shownShape } from '../models/network.ts';
import { inferenceProgram } from '../models/programs.ts';
import { sampleLength } from '../sample-shape.ts';
import { valueAt } from '../value-at.ts';
import { openImageReader } from './image-reader.ts';
import { type PredictRequest, sourceLength } from './predict-request.ts';

/** All activations of a batch are held at once. */
const MOST_AT_ONCE = 8;

export type RangesRequest = Pick<PredictRequest, 'target' | 'modelPath' | 'source'>;

/** Undefined for a network that has nothing to compute in eight bits. */
export type MeasuredRanges = ActivationRanges | undefined;

export async function measureRanges(
  request: RangesRequest,
  engine: Engine,
  host: { shouldStop(): boolean },
): Promise<MeasuredRanges> {
  const model = await loadModel(request.modelPath);
  const { network, imageSizePx } = model;
  const total = sourceLength(request.source);
  const batch = Math.min(MOST_AT_ONCE, total);
  const program = inferenceProgram({ network, batch, imageSizePx });
  const { places, steps } = int8Plan(program);
  if (steps.size === 0) return undefined;
  const least = places.map(() => 0);
  const most = places.map(() => 0);
  const reader = openImageReader(request.source, model);
  const images = new Float32Array(batch * sampleLength(shownShape(network, imageSizePx)));
  const session = await engine.prepare(showing(program, places), model.weights, request.target);
  try {
    for (let first = 0; first < total; first += batch) {
      const count = Math.min(batch, total - first);
      const unreadable = new Set((await reader.fill(first, count, images)).map(({ place }) => place - first));
      const outputs = await session.run(new Map([['images', images]]));
      places.forEach(({ shape }, place) => {
        const values = valueAt(outputs, nameOf(place));
        const length = elementCount(shape) / batch;
        for (let index = 0; index < count; index++) {
          if (unreadable.has(index)) continue;
          const [low, high] = between(values.subarray(index * length, (index + 1) * length));
          least[place] = Math.min(least[place] as number, low);
          most[place] = Math.max(most[place] as number, high);
        }
      });
      if (host.shouldStop()) throw new Interrupted();
    }
  } finally {
    reader.close();
    await session.dispose();
  }
  return { least, most };
}

const nameOf = (place: number): string => `place ${place}`;

/** The same program with these values as additional outputs. */
function showing(program: Program, places: readonly Value[]): Program {
  const shown = places.map((value, place) => [nameOf(place), value] as const);
  return { ...program, outputs: new Map([...program.outputs, ...shown]) };
}

function between(values: Float32Array): readonly [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}
