/**
 * Means over all but the last axis. The provider's reductions turn such a tensor around before they add it up; a pool with
 * the channels last reads it as it lies, one thread for each column.
 */
import type { OnnxGraph } from '../onnx-graph.ts';

/** [rows, columns], or the same elements in another shape → [columns]. */
export function meanOverRows(onnx: OnnxGraph, tensor: string, rows: number, columns: number): string {
  const channelsLast = onnx.node('Reshape', [tensor, onnx.integers([1, rows, 1, columns])]);
  const channelsFirst = onnx.node('Transpose', [channelsLast], { perm: [0, 3, 1, 2] });
  return onnx.node('Reshape', [meanOverPlane(onnx, channelsFirst), onnx.integers([columns])]);
}

/** [N, C, height, width] → [N, 1, 1, C], turned here so that nothing is turned on the device. */
export function meanOverPlane(onnx: OnnxGraph, tensor: string): string {
  return onnx.node('Transpose', [onnx.node('GlobalAveragePool', [tensor])], { perm: [0, 2, 3, 1] });
}
