/**
 * Means over all but the last axis. The provider's reductions turn such a tensor around before they add it up; a pool with
 * the channels last reads it as it lies, one thread for each column.
 */
import type { OnnxGraph } from '../onnx-graph.ts';

/** [rows, columns] → [columns]. */
export function meanOverRows(onnx: OnnxGraph, tensor: string, rows: number, columns: number): string {
  const channelsLast = onnx.node('Reshape', [tensor, onnx.integers([1, rows, 1, columns])]);
  const channelsFirst = onnx.node('Transpose', [channelsLast], { perm: [0, 3, 1, 2] });
  return onnx.node('Reshape', [onnx.node('GlobalAveragePool', [channelsFirst]), onnx.integers([columns])]);
}
