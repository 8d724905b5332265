/** That networks see of a clip. */
export const MOST_CLIP_FRAMES = 128;
/** What the paper's students of clips see. */
export const USUAL_CLIP_FRAMES = 8;

/** The shape of what a network is shown: a picture [3, size, size], or a clip [3, frames, size, size]. */

export interface SampleShape {
  readonly channels: number;
  /** [height, width], or [frames, height, width] of a clip. */
  readonly spatial: readonly number[];
}

/** Square pictures in RGB; clips of them where there are frames. */
export function sampleShape(sizePx: number, frames: number | undefined): SampleShape {
  return { channels: 3, spatial: frames === undefined ? [sizePx, sizePx] : [frames, sizePx, sizePx] };
}

/** How many numbers one has. */
export function sampleLength({ channels, spatial }: SampleShape): number {
  return spatial.reduce((product, size) => product * size, channels);
}

/** Of `batch` of them, as a program's input is. */
export function batchShape(batch: number, { channels, spatial }: SampleShape): readonly number[] {
  return [batch, channels, ...spatial];
}
