/**
 * Shared by convolutions and pools: axes, padding and zeros between elements, for kernels that support little of them.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { at } from '../../at.ts';
import { nth } from '../../graph/op-definition.ts';
import { elementCount, type Shape, type Value } from '../../graph/program.ts';
import type { TensorContext, TensorFlow } from './lowering.ts';

/**
 * TensorFlow has kernels for planes and volumes: a line is treated as a plane of one row, with `filler` for the row.
 */
export function planar(perAxis: readonly number[], filler: number): number[] {
  return perAxis.length === 1 ? [filler, ...perAxis] : [...perAxis];
}

/** [N, C, ...spatial] → [N, ...spatial, C], treating a line as a plane. */
export function planarShape(shape: Shape): number[] {
  const [batch, channels, ...spatial] = shape;
  return [nth([batch], 0), ...planar(spatial, 1), nth([channels], 0)];
}

export function planarTensor(context: TensorContext, value: Value): Tensor {
  return context.tf.reshape(context.channelsLast(value), planarShape(value.shape));
}

/** [N, C, ...spatial] → [N, ...spatial, C]. */
export function channelsLastShape([batch, channels, ...spatial]: Shape): number[] {
  return [nth([batch], 0), ...spatial, nth([channels], 0)];
}

/** Adds `value` on both sides of the axes between the first and the last. */
export function padded(tf: TensorFlow, x: Tensor, padding: readonly number[], value = 0): Tensor {
  if (padding.every((size) => size === 0)) return x;
  return tf.pad(x, [[0, 0], ...padding.map((size): [number, number] => [size, size]), [0, 0]], value);
}

/** The shape [N, ...spatial, C] with `padding` around each spatial axis. */
export function paddedShape(shape: Shape, padding: readonly number[]): number[] {
  const spatial = shape.slice(1, -1).map((size, axis) => size + 2 * at(padding, axis));
  return [at(shape, 0), ...spatial, at(shape, shape.length - 1)];
}

/** Removes the padding that `padded` added; the result has shape `shape`. */
export function unpadded(tf: TensorFlow, x: Tensor, padding: readonly number[], shape: Shape): Tensor {
  return padding.every((size) => size === 0) ? x : tf.slice(x, [0, ...padding, 0], [...shape]);
}

/** Inserts `steps[a] − 1` zeros between neighbours along axis `first` + a. */
export function spread(tf: TensorFlow, tensor: Tensor, steps: readonly number[], first: number): Tensor {
  return steps.reduce((spreadSoFar, step, index) => {
    if (step === 1) return spreadSoFar;
    const { shape } = spreadSoFar;
    const axis = first + index;
    const [before, after] = [elementCount(shape.slice(0, axis)), elementCount(shape.slice(axis + 1))];
    const size = nth(shape, axis);
    const apart = tf.pad(tf.reshape(spreadSoFar, [before, size, 1, after]), [
      [0, 0],
      [0, 0],
      [0, step - 1],
      [0, 0],
    ]);
    const length = (size - 1) * step + 1;
    const cut = tf.slice(tf.reshape(apart, [before, size * step, after]), [0, 0, 0], [before, length, after]);
    return tf.reshape(cut, [...shape.slice(0, axis), length, ...shape.slice(axis + 1)]);
  }, tensor);
}
