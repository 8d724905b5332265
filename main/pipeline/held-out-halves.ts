/**
 * Two halves of the held-out images, used where they both choose something and judge the result: one half chooses, the
 * other judges. Split by position, which gives both about the same number per class, since images of a class are
 * adjacent.
 */
export type Half = 'chooses' | 'judges';

/** Selects one half of an array with one number per image. */
export function heldOutHalf<Numbers extends Int32Array | Uint8Array>(values: Numbers, half: Half): Numbers {
  const parity = half === 'chooses' ? 0 : 1;
  return values.filter((_, place) => place % 2 === parity) as Numbers;
}
