/** The places of a sliding window, and the elements they cover. */
import type { WindowAttributes } from '../../../graph/ops/window.ts';
import { dimension, elementCount, type Shape } from '../../../graph/program.ts';

/** The coordinates of the `index`-th element of a box of `sizes`, row-major. */
export function coordinates(index: number, sizes: Shape): number[] {
  let rest = index;
  return sizes
    .toReversed()
    .map((size) => {
      const coordinate = rest % size;
      rest = Math.floor(rest / size);
      return coordinate;
    })
    .reverse();
}

/**
 * For each of `images`, each position of the window and each place in it: the index of the element it covers, row-major
 * in [images, ...padded], where `padded` are the sizes including padding.
 */
export function elementsUnderWindow(
  images: number,
  padded: Shape,
  out: Shape,
  { kernel, strides, dilations }: Omit<WindowAttributes, 'padding'>,
): Int32Array {
  const [positions, places] = [elementCount(out), elementCount(kernel)];
  const elements = new Int32Array(images * positions * places);
  const rowMajor = (of: readonly number[]) => of.reduce((sum, one, axis) => sum * dimension(padded, axis) + one, 0);
  const offsets = Array.from({ length: places }, (_, place) =>
    rowMajor(coordinates(place, kernel).map((step, axis) => step * dimension(dilations, axis))),
  );
  let next = 0;
  for (let image = 0; image < images; image++) {
    for (let position = 0; position < positions; position++) {
      const corner = coordinates(position, out).map((step, axis) => step * dimension(strides, axis));
      const first = image * elementCount(padded) + rowMajor(corner);
      for (const offset of offsets) elements[next++] = first + offset;
    }
  }
  return elements;
}
