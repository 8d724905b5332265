/**
 * Transposed convolutions as ordinary ones: over dY with zeros inserted according to the strides, with the kernel
 * flipped in all directions and its channels exchanged. The provider has no transposed convolution in three dimensions,
 * and its one in two dimensions computes each element by itself, while ordinary ones are computed in tiles. Its own is
 * still used for strided windows, where most inserted elements would be zeros, for groups, and for maps smaller than a
 * tile. In three dimensions the caller handles groups: `perGroup` splits a convolution's, and a pool's channels count
 * as images.
 */
import { nth } from '../../../graph/op-definition.ts';
import type { WindowAttributes } from '../../../graph/ops/window.ts';
import { dimension, elementCount, type Shape, sameShape, type Value } from '../../../graph/program.ts';
import type { Lowering } from '../lowering.ts';
import type { OnnxGraph } from '../onnx-graph.ts';
import { lowerConvInputGradient } from '../plain/convolution.ts';
import { lowerAveragePoolGradient } from '../plain/pooling.ts';
import { TILE_SIDE } from './tiles.ts';
import { inWholeFours, type NamedTensor } from './whole-fours.ts';

const VOLUME_RANK = 5;

export const isVolume = (shape: Shape): boolean => shape.length === VOLUME_RANK;

export const lowerConvInputGradientByConvolution: Lowering<'convInputGradient'> = (context, node) => {
  const { onnx } = context;
  const [dy, weight] = [nth(node.inputs, 0), nth(node.inputs, 1)];
  const { inputShape, ...slide } = node.attributes;
  const kernel = weight.shape.slice(2);
  const named = (value: Value): NamedTensor => ({ name: context.name(value), shape: value.shape });
  const fillsTiles = elementCount(inputShape.slice(2)) >= TILE_SIDE;
  const inTiles = fillsTiles && slide.groups === 1 && slide.strides.every((stride) => stride === 1);
  if (!isVolume(dy.shape) && !inTiles) return lowerConvInputGradient(context, node);
  return [transposedConvolution(onnx, named(dy), named(weight), { ...slide, kernel }, inputShape)];
};

export const lowerVolumeAveragePoolGradient: Lowering<'averagePoolGradient'> = (context, node) => {
  const { onnx } = context;
  const dy = nth(node.inputs, 0).shape;
  if (!isVolume(dy)) return lowerAveragePoolGradient(context, node);
  const { inputShape, ...window } = node.attributes;
  const places = elementCount(window.kernel);
  const share = onnx.tensor([1, 1, ...window.kernel], new Float32Array(places).fill(1 / places));
  const weight = { name: share, shape: [1, 1, ...window.kernel] };
  return [spreadOverChannels(onnx, { name: context.input(node, 0), shape: dy }, 1, weight, window, inputShape)];
};

/**
 * The same transposed convolution for each channel: `perChannel` of dy's channels by a weight [perChannel, 1, …kernel].
 */
export function spreadOverChannels(
  onnx: OnnxGraph,
  dy: NamedTensor,
  perChannel: number,
  weight: NamedTensor,
  window: WindowAttributes,
  inputShape: Shape,
): string {
  const images = elementCount(inputShape.slice(0, 2));
  const shape = [images, perChannel, ...dy.shape.slice(2)];
  const folded = { name: onnx.node('Reshape', [dy.name, onnx.integers(shape)]), shape };
  const made = transposedConvolution(onnx, folded, weight, window, [images, 1, ...inputShape.slice(2)]);
  return onnx.node('Reshape', [made, onnx.integers(inputShape)]);
}

/** dy [N, out, …] by weight [out, in, …kernel] → [N, in, …], of shape `inputShape`. */
function transposedConvolution(
  onnx: OnnxGraph,
  dy: NamedTensor,
  weight: NamedTensor,
  { kernel, strides, padding, dilations }: WindowAttributes,
  inputShape: Shape,
): string {
  const spread = spreadOut(onnx, dy, strides);
  const reach = kernel.map((size, axis) => dimension(dilations, axis) * (size - 1));
  // How many zeros to add before and behind each axis; a negative number means cutting the result instead.
  const before = reach.map((size, axis) => size - dimension(padding, axis));
  const behind = reach.map(
    (size, axis) =>
      dimension(inputShape, axis + 2) + size - dimension(spread.shape, axis + 2) - dimension(before, axis),
  );
  const turned = { name: turnAround(onnx, weight), shape: exchangedShape(weight.shape) };
  const full = onnx.node('Conv', inWholeFours(onnx, spread, turned), {
    kernel_shape: kernel,
    strides: kernel.map(() => 1),
    dilations,
    pads: [...before, ...behind].map((zeros) => Math.max(0, zeros)),
    group: 1,
  });
  const made = before.map(
    (zeros, axis) =>
      dimension(spread.shape, axis + 2) +
      Math.max(0, zeros) +
      Math.max(0, dimension(behind, axis)) -
      dimension(reach, axis),
  );
  if (sameShape(made, inputShape.slice(2))) return full;
  const starts = before.map((zeros) => Math.max(0, -zeros));
  const ends = starts.map((start, axis) => start + dimension(inputShape, axis + 2));
  const axes = kernel.map((_, axis) => axis + 2);
  return onnx.slice(full, { starts, ends, axes });
}

/** Inserts `stride − 1` zeros behind every element of each spatial axis, using three-axis tensors. */
function spreadOut(onnx: OnnxGraph, tensor: NamedTensor, strides: readonly number[]): NamedTensor {
  return strides.reduce((made, stride, index) => {
    if (stride === 1) return made;
    const axis = index + 2;
    const elements = [elementCount(made.shape.slice(0, axis + 1)), 1, elementCount(made.shape.slice(axis + 1))];
    const column = onnx.node('Reshape', [made.name, onnx.integers(elements)]);
    const padded = onnx.node('Pad', [column, onnx.integers([0, 0, 0, 0, stride - 1, 0]), onnx.scalar(0)]);
    const shape = made.shape.with(axis, dimension(made.shape, axis) * stride);
    return { name: onnx.node('Reshape', [padded, onnx.integers(shape)]), shape };
  }, tensor);
}

function exchangedShape(shape: Shape): Shape {
  return [dimension(shape, 1), dimension(shape, 0), ...shape.slice(2)];
}

/** [out, in, …kernel] → [in, out, …kernel], with the kernel reversed along each of its axes. */
function turnAround(onnx: OnnxGraph, { name, shape }: NamedTensor): string {
  const [outChannels, inChannels] = [dimension(shape, 0), dimension(shape, 1)];
  const places = elementCount(shape.slice(2));
  if (places === 1)
    return onnx.node('Transpose', [name], { perm: [1, 0, ...shape.slice(2).map((_, axis) => axis + 2)] });
  const flat = onnx.node('Reshape', [name, onnx.integers([outChannels, inChannels, places])]);
  const exchanged = onnx.node('Transpose', [flat], { perm: [1, 0, 2] });
  const backwards = { starts: [places - 1], ends: [-places - 1], axes: [2], steps: [-1] };
  const turned = onnx.slice(exchanged, backwards);
  return onnx.node('Reshape', [turned, onnx.integers([inChannels, outChannels, ...shape.slice(2)])]);
}
