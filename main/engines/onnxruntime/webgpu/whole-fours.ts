/**
 * Pads the channels of a convolution to a multiple of four with zeros. If their number is a multiple of three but not
 * of four, the provider reads them in threes, and gives wrong results for more than three of them (measured with ONNX
 * Runtime 1.30 on 9, 21, 45 and 57 channels).
 */
import { dimension, type Shape } from '../../../graph/program.ts';
import type { OnnxGraph } from '../onnx-graph.ts';

export interface NamedTensor {
  readonly name: string;
  readonly shape: Shape;
}

const PLANE_RANK = 4;

/**
 * `x` [N, C, …] and `weight` [out, C, …kernel] with the same numbers; unchanged if the provider computes them
 * correctly.
 */
export function inWholeFours(onnx: OnnxGraph, x: NamedTensor, weight: NamedTensor): [string, string] {
  const channels = dimension(x.shape, 1);
  const isMisread = channels > 3 && channels % 3 === 0 && channels % 4 !== 0;
  const isGrouped = dimension(weight.shape, 1) !== channels;
  if (!isMisread || isGrouped || x.shape.length > PLANE_RANK) return [x.name, weight.name];
  const zeros = 4 - (channels % 4);
  const padded = ({ name, shape }: NamedTensor) => {
    const pads = [...shape.map(() => 0), ...shape.map((_, axis) => (axis === 1 ? zeros : 0))];
    return onnx.node('Pad', [name, onnx.integers(pads), onnx.scalar(0)]);
  };
  return [padded(x), padded(weight)];
}
