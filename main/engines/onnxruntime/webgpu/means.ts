/**
 * Means over everything but the channels, or the columns. The provider's reductions transpose such a tensor before
 * adding it up, and leave each sum to one group of threads; a product with ones reads it once, in its own layout.
 */
import { dimension, elementCount, type Shape } from '../../../graph/program.ts';
import type { OnnxGraph } from '../onnx-graph.ts';
import { divisorsOf } from './tiles.ts';

/** Few enough that many groups of threads have work, yet enough that their sums are few. */
const MOST_ROWS_AT_ONCE = 256;

/** [N, C, ...spatial] → [N, ...spatial, C], which is the provider's own layout: in that case nothing is transposed. */
export function channelsLast(onnx: OnnxGraph, tensor: string, shape: Shape): string {
  return onnx.node('Transpose', [tensor], { perm: [0, ...shape.slice(2).map((_, axis) => axis + 2), 1] });
}

/** [N, C, ...] → [C], over images and positions. */
export function channelMeans(onnx: OnnxGraph, tensor: string, shape: Shape): string {
  const channels = dimension(shape, 1);
  const rows = elementCount(shape) / channels;
  const atOnce = divisorsOf(rows).findLast((count) => count <= MOST_ROWS_AT_ONCE) ?? 1;
  const sets = rows / atOnce;
  const parts = meanOfRows(
    onnx,
    onnx.node('Reshape', [channelsLast(onnx, tensor, shape), onnx.integers([sets, atOnce, channels])]),
    atOnce,
  );
  const whole =
    sets === 1 ? parts : meanOfRows(onnx, onnx.node('Reshape', [parts, onnx.integers([sets, channels])]), sets);
  return onnx.node('Reshape', [whole, onnx.integers([channels])]);
}

/** [..., rows, columns] → [..., 1, columns]. */
function meanOfRows(onnx: OnnxGraph, tensor: string, rows: number): string {
  const share = onnx.sharedTensor(`share:${rows}`, [1, rows], () => new Float32Array(rows).fill(1 / rows));
  return onnx.node('MatMul', [share, tensor]);
}

/**
 * [rows, columns], or the same elements in another shape → [columns]: for few long rows, one thread for each column.
 */
export function meanOfLongRows(onnx: OnnxGraph, tensor: string, rows: number, columns: number): string {
  const asChannels = onnx.node('Reshape', [tensor, onnx.integers([1, rows, 1, columns])]);
  const channelsFirst = onnx.node('Transpose', [asChannels], { perm: [0, 3, 1, 2] });
  const pooled = onnx.node('GlobalAveragePool', [channelsFirst]);
  // Transposed back here, which cancels out on the device.
  return onnx.node('Reshape', [onnx.node('Transpose', [pooled], { perm: [0, 2, 3, 1] }), onnx.integers([columns])]);
}
