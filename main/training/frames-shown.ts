/**
 * Which frames of a cached sample a network sees, and where they go in its input. A picture is one frame. Of a clip, a
 * network for clips sees as many consecutive frames as it takes; a network for pictures sees a single frame.
 */
import { at } from '../at.ts';
import type { CounterRandom } from '../random.ts';
import type { SampleShape } from '../sample-shape.ts';

/**
 * This share of the frames that a network sees is cached in addition, so that a training sees different ones each time.
 */
const MARGIN = 0.25;

/** How many frames of a clip are cached for networks that see `frames` of them. */
export function cachedFrames(frames: number): number {
  return frames + Math.ceil(MARGIN * frames);
}

export interface FramesShown {
  /** The index of the first one among those cached. */
  readonly first: number;
  readonly count: number;
}

/** The middle ones, or drawn by `random` if given. Throws if the clip has too few. */
export function framesShown(cached: SampleShape, shown: SampleShape, random?: CounterRandom): FramesShown {
  const present = framesOfShape(cached);
  const count = framesOfShape(shown);
  const spare = present - count;
  if (spare < 0) throw new Error(`a network that sees ${count} frames is shown ${present}`);
  return { first: random ? random.integer(spare + 1) : spare >> 1, count };
}

function framesOfShape({ spatial }: SampleShape): number {
  return spatial.length === 3 ? at(spatial, 0) : 1;
}
