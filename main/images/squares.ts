/**
 * The contents of a pixel cache: squares of one size, or clips of such squares. They determine the name of its folder,
 * which its lists' checksums include.
 */
import { basename } from 'node:path';
import { type SampleShape, sampleShape } from '../sample-shape.ts';
import type { Filter } from './decode.ts';

/** Squares of this size, resampled with this filter. */
export interface Squares {
  readonly sizePx: number;
  readonly filter: Filter;
  /** Frames per clip; absent if pictures are cached. */
  readonly frames?: number | undefined;
}

/** The folder name for these squares. */
export function pixelCacheName({ sizePx, filter, frames }: Squares): string {
  const name = frames === undefined ? `pixels-${sizePx}` : `clips-${frames}x${sizePx}`;
  return filter === 'linear' ? name : `${name}-${filter}`;
}

/** Parses a folder's name; undefined for another folder. */
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
