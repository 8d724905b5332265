/** The most frames of a clip that a network is shown. */
export const MOST_CLIP_FRAMES = 128;
/** Frames per clip of the paper's students for video. */
export const USUAL_CLIP_FRAMES = 8;

/** The shape of a network's input sample: a picture [3, size, size], or a clip [3, frames, size, size]. */

export interface SampleShape {
  readonly channels: number;
  /** [height, width], or [frames, height, width] of a clip. */
  readonly spatial: readonly number[];
}

/** Square RGB pictures, or clips of them if `frames` is given. */
export function sampleShape(sizePx: number, frames: number | undefined): SampleShape {
  return { channels: 3, spatial: frames === undefined ? [sizePx, sizePx] : [frames, sizePx, sizePx] };
}

/** The number of values in one sample. */
export function sampleLength({ channels, spatial }: SampleShape): number {
  return spatial.reduce((product, size) => product * size, channels);
}

/** The shape of `batch` samples, as a program's input. */
export function batchShape(batch: number, { channels, spatial }: SampleShape): readonly number[] {
  return [batch, channels, ...spatial];
}
