/**
 * What a pixel cache holds: squares of one side, or clips of such squares. The name of its folder says it, which is part of
 * what its lists are proved by.
 */
import { basename } from 'node:path';
import { type SampleShape, sampleShape } from '../sample-shape.ts';
import type { Filter } from './decode.ts';

/** Squares of this side, for which pictures were made smaller by this filter. */
export interface Squares {
  readonly sizePx: number;
  readonly filter: Filter;
  /** Of each clip; absent where pictures are cached. */
  readonly frames?: number | undefined;
}

/** The name of the folder of these squares, beside those of others. */
export function pixelCacheName({ sizePx, filter, frames }: Squares): string {
  const name = frames === undefined ? `pixels-${sizePx}` : `clips-${frames}x${sizePx}`;
  return filter === 'linear' ? name : `${name}-${filter}`;
}

/** By the name of their folder; undefined for another folder. */
export function squaresIn(directory: string): Squares | undefined {
  const found = /^(?:pixels-|clips-([1-9]\d*)x)([1-9]\d*)(-cubic)?$/.exec(basename(directory));
  if (!found) return undefined;
  const [, frames, sizePx, cubic] = found;
  return {
    ...{ sizePx: Number(sizePx), filter: cubic ? 'cubic' : 'linear' },
    ...(frames !== undefined && { frames: Number(frames) }),
  };
}

/** The shape of a record of the cache in this folder; its bytes are [frames, size, size, 3]. */
export function cachedShape(directory: string, sizePx: number): SampleShape {
  return sampleShape(sizePx, squaresIn(directory)?.frames);
}
