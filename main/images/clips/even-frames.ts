/** Chooses frames of a clip that are evenly spaced in time. */

/**
 * The indices of `wanted` frames, in the middles of equal parts of the clip's duration. A clip with fewer frames
 * repeats some.
 * @param delays how long each frame is shown, in any unit; equal if unknown
 */
export function evenFrames(count: number, wanted: number, delays?: readonly number[]): number[] {
  const shown = delays?.length === count && delays.every((delay) => delay > 0) ? delays : undefined;
  if (!shown) return Array.from({ length: wanted }, (_, part) => Math.floor(((part + 0.5) * count) / wanted));
  const whole = shown.reduce((sum, delay) => sum + delay, 0);
  let end = 0;
  const ends = shown.map((delay) => {
    end += delay;
    return end;
  });
  return Array.from({ length: wanted }, (_, part) => {
    const time = ((part + 0.5) * whole) / wanted;
    return ends.findIndex((ended) => time < ended);
  });
}
