/** The arithmetic of sliding windows, shared by convolutions and pooling. */
import type { Shape } from '../program.ts';
import { dimension, ShapeMismatch } from '../program.ts';

/** One number per spatial dimension; `padding` is added on both sides. */
export interface WindowAttributes {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly padding: readonly number[];
  readonly dilations: readonly number[];
}

/** The sizes after sliding the window over `spatial`. Throws `ShapeMismatch` if nothing is left. */
export function slidingSizes(spatial: Shape, window: WindowAttributes): number[] {
  return spatial.map((size, axis) => {
    const reach = dimension(window.dilations, axis) * (dimension(window.kernel, axis) - 1) + 1;
    const padded = size + 2 * dimension(window.padding, axis);
    const out = Math.floor((padded - reach) / dimension(window.strides, axis)) + 1;
    if (out < 1) throw new ShapeMismatch(`a window of ${reach} does not fit into ${padded}`);
    return out;
  });
}
