/**
 * The first residual networks for small images (He et al., 2015, option A) have shortcuts without parameters: every
 * second pixel, with channels of zeros added on both sides. Ours are convolutions with a batch norm; these weights make
 * them equivalent.
 */
import type { Shape } from '../../graph/program.ts';
import { elementCount } from '../../graph/program.ts';

const SHORTCUT = /^layer\d+\.0\.downsample\.(0\.weight|1\.(?:weight|bias|running_mean|running_var))$/;
/** What batch norms add to the variance, compensated here so that the batch norm is the identity. */
const EPSILON = 1e-5;

export function isShortcut(name: string): boolean {
  return SHORTCUT.test(name);
}

/** A tensor that the file lacks; shapes as returned by `parameterShapes`. */
export function paddedShortcut(name: string, shape: Shape): Float32Array {
  const part = SHORTCUT.exec(name)?.[1];
  const tensor = new Float32Array(elementCount(shape));
  if (part === '1.weight') tensor.fill(1);
  if (part === '1.running_var') tensor.fill(1 - EPSILON);
  if (part === '0.weight') {
    const [outputs = 0, inputs = 0] = shape;
    const before = Math.floor((outputs - inputs) / 2);
    for (let input = 0; input < inputs; input++) tensor[(input + before) * inputs + input] = 1;
  }
  return tensor;
}
