/**
 * Two halves of the held-out images, for where they choose something and judge what comes of it: one half chooses, the other
 * judges. By place, since images of a class stand together: both halves have about as many of each.
 */
export type Half = 'chooses' | 'judges';

/** Of one number an image. */
export function heldOutHalf<Numbers extends Int32Array | Uint8Array>(values: Numbers, half: Half): Numbers {
  const parity = half === 'chooses' ? 0 : 1;
  return values.filter((_, place) => place % 2 === parity) as Numbers;
}
