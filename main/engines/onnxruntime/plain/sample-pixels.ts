/**
 * Samples parts of images by matrix products: a value between pixels is a weighted sum of at most two pixels of each
 * row and two of each column, each with the weight max(0, 1 − distance). A value at a pixel's centre is exact.
 */
import { at } from '../../../at.ts';
import { nth } from '../../../graph/op-definition.ts';
import { dimension, elementCount } from '../../../graph/program.ts';
import { type ViewLine, viewLines } from '../../../view-lines.ts';
import type { Lowering } from '../lowering.ts';
import type { OnnxGraph } from '../onnx-graph.ts';

const FLOAT = 1;

export const lowerSamplePixels: Lowering<'samplePixels'> = (context, node) => {
  const { onnx } = context;
  const { scale, shift } = node.attributes;
  const [{ shape }, views] = [nth(node.inputs, 0), context.input(node, 1)];
  const size = dimension(nth(node.inputs, 1).shape, 2);
  const [batch, side, frames] = [dimension(shape, 0), dimension(shape, shape.length - 2), shape.slice(1, -3)];
  const ones = frames.map(() => 1);
  const reshaped = (name: string, to: readonly number[]) => onnx.node('Reshape', [name, onnx.integers(to)]);
  const each = onnx.integers(viewLines.map(() => 1));
  const lines = onnx.nodes('Split', [views, each], { axis: 1 }, { outputs: viewLines.length });
  const line = (name: ViewLine, to: readonly number[]) => reshaped(at(lines, viewLines.indexOf(name)), to);
  const rows = shares(onnx, line('rows', [batch, ...ones, size, 1]), [1, ...ones, 1, side]);
  const columns = shares(onnx, line('columns', [batch, 1, size]), [1, side, 1]);

  const levels = onnx.node('Cast', [context.input(node, 0)], { to: FLOAT });
  const sampledRows = onnx.node('MatMul', [rows, reshaped(levels, [batch, ...frames, side, side * 3])]);
  const rank = frames.length + 4;
  const planes = onnx.node('Transpose', [reshaped(sampledRows, [batch, ...frames, size, side, 3])], {
    perm: [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 1)],
  });
  const flat = reshaped(planes, [batch, 3 * elementCount(frames) * size, side]);
  const sampled = reshaped(onnx.node('MatMul', [flat, columns]), [batch, 3, ...frames, size, size]);

  const perChannel = (values: readonly number[]) =>
    onnx.sharedTensor(`channels:${values}:${ones}`, [1, 3, ...ones, 1, 1], () => Float32Array.from(values));
  const shown = onnx.node('Add', [onnx.node('Mul', [sampled, perChannel(scale)]), perChannel(shift)]);
  const crossing = onnx.node('Mul', [
    line('erasedRows', [batch, 1, ...ones, size, 1]),
    line('erasedColumns', [batch, 1, ...ones, 1, size]),
  ]);
  return [onnx.node('Mul', [shown, onnx.node('Sub', [onnx.scalar(1), crossing])])];
};

/**
 * The weight of each pixel of a line, counted along the axis of `pixels` that holds them, in the values at `places`.
 */
function shares(onnx: OnnxGraph, places: string, pixels: readonly number[]): string {
  const numbers = onnx.sharedTensor(`numbers:${pixels}`, pixels, () =>
    Float32Array.from({ length: elementCount(pixels) }, (_, index) => index),
  );
  const distance = onnx.node('Abs', [onnx.node('Sub', [places, numbers])]);
  return onnx.node('HardSigmoid', [distance], { alpha: { float: -1 }, beta: { float: 1 } });
}
