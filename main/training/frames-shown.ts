/**
 * Which of a cached sample's frames a network is shown, and where its numbers go. A picture is one frame. Of a clip a network
 * for clips sees as many frames as it takes, next to each other; one for pictures a single frame of it.
 */
import { at } from '../at.ts';
import type { CounterRandom } from '../random.ts';
import type { SampleShape } from '../sample-shape.ts';

/** A share of this of the frames that a network sees is cached beside them, so that a training sees others each time. */
const MARGIN = 0.25;

/** So many frames of a clip are cached for networks that see `frames` of them. */
export function cachedFrames(frames: number): number {
  return frames + Math.ceil(MARGIN * frames);
}

export interface FramesShown {
  /** The first one's place among those that are cached. */
  readonly first: number;
  readonly count: number;
}

/** Those in the middle; drawn by `random` where it is given. Throws where the clip has too few. */
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
