/**
 * The weight gradient of a convolution as matrix products: for each image, dY [channels out, positions] times the
 * elements of x under the window at each position, [positions, places · channels in]. Computed as a convolution by dY,
 * which it also is, it would have only as many outputs as the window has places: most of each tile that the provider
 * computes would be discarded, and few tiles would do all the work, one after the other. Measured in
 * main/bench/README.md.
 *
 * Channels stay last throughout, as the provider holds them, so that the elements under the window are copied in whole
 * rows.
 */
import { nth } from '../../../graph/op-definition.ts';
import type { ConvAttributes } from '../../../graph/ops/conv.ts';
import { dimension, elementCount, type Node, type Shape } from '../../../graph/program.ts';
import type { Lowering } from '../lowering.ts';
import type { OnnxGraph } from '../onnx-graph.ts';
import { channelsLast, meanOfLongRows } from './means.ts';
import { divisorsOf, TILE_SIDE } from './tiles.ts';
import { elementsUnderWindow } from './window-places.ts';

/** At least this many tiles, if the batch provides them, keep a large GPU busy. */
const ENOUGH_TILES = 1024;
/** 256 MiB: the most elements under windows that are laid out at a time. */
const MOST_ELEMENTS_LAID_OUT = 2 ** 26;

interface Sizes {
  readonly images: number;
  readonly groups: number;
  /** Per group. */
  readonly channelsIn: number;
  readonly channelsOut: number;
  readonly padded: Shape;
  readonly out: Shape;
  readonly window: Pick<ConvAttributes, 'strides' | 'dilations'> & { readonly kernel: Shape };
}

export const lowerConvWeightGradientByProducts: Lowering<'convWeightGradient'> = (context, node) => {
  const { onnx } = context;
  const sizes = sizesOf(node);
  const { images, channelsIn, channelsOut, groups, window } = sizes;
  const { padding, weightShape } = node.attributes;
  const [x, dy] = node.inputs.map((input) => channelsLast(onnx, context.name(input), input.shape)) as [string, string];
  const withPadding = padSpatially(onnx, x, padding);

  const atOnce = imagesAtOnce(sizes);
  const sums: string[] = [];
  for (let first = 0; first < images; first += atOnce) {
    const part = (tensor: string) =>
      atOnce === images ? tensor : onnx.slice(tensor, { starts: [first], ends: [first + atOnce], axes: [0] });
    sums.push(productsOf(onnx, part(withPadding), part(dy), { ...sizes, images: atOnce }));
  }
  const sum = sums.reduce((before, one) => onnx.node('Add', [before, one]));

  const kernel = window.kernel.map((_, axis) => axis + 2);
  const made = [groups, channelsOut, ...window.kernel, channelsIn];
  const ordered = onnx.node('Transpose', [onnx.node('Reshape', [sum, onnx.integers(made)])], {
    perm: [0, 1, made.length - 1, ...kernel],
  });
  return [onnx.node('Reshape', [ordered, onnx.integers(weightShape)])];
};

/** x [images, ...padded, channels] and dy [images, ...out, channels] → [groups · out · places · in]. */
function productsOf(onnx: OnnxGraph, x: string, dy: string, sizes: Sizes): string {
  const { images, groups, channelsIn, channelsOut, padded, out, window } = sizes;
  const places = elementCount(window.kernel);
  const sets = imageSets(sizes);
  const perSet = images / sets;
  const elements = perSet * elementCount(padded);
  const positions = perSet * elementCount(out);
  const reshape = (tensor: string, ...shape: number[]) => onnx.node('Reshape', [tensor, onnx.integers(shape)]);

  const rows =
    groups === 1
      ? reshape(x, sets, elements, channelsIn)
      : onnx.node('Transpose', [reshape(x, sets, elements, groups, channelsIn)], { perm: [0, 2, 1, 3] });
  const under = isWhole(sizes)
    ? rows
    : onnx.node('Gather', [rows, indices(onnx, perSet, sizes)], { axis: groups === 1 ? 1 : 2 });
  const laidOut = reshape(under, sets * groups, positions, places * channelsIn);
  const gradients = reshape(
    onnx.node('Transpose', [reshape(dy, sets, positions, groups, channelsOut)], { perm: [0, 2, 3, 1] }),
    sets * groups,
    channelsOut,
    positions,
  );
  const products = onnx.node('MatMul', [gradients, laidOut]);
  const length = groups * channelsOut * places * channelsIn;
  if (sets === 1) return reshape(products, length);
  return onnx.node('Mul', [meanOfLongRows(onnx, products, sets, length), onnx.scalar(sets)]);
}

/**
 * Into how many sets the images are divided, each with a sum of its own: several if one would be only few tiles of
 * work.
 */
function imageSets({ images, groups, channelsIn, channelsOut, window }: Sizes): number {
  const columns = elementCount(window.kernel) * channelsIn;
  const tiles = groups * Math.ceil(channelsOut / TILE_SIDE) * Math.ceil(columns / TILE_SIDE);
  return divisorsOf(images).find((sets) => sets * tiles >= ENOUGH_TILES) ?? images;
}

function imagesAtOnce({ images, groups, channelsIn, out, window }: Sizes): number {
  const perImage = elementCount(out) * elementCount(window.kernel) * groups * channelsIn;
  const fits = (count: number) => count * perImage <= MOST_ELEMENTS_LAID_OUT;
  return divisorsOf(images).findLast(fits) ?? 1;
}

/** A window of one place that visits every position: x already has the layout needed. */
function isWhole({ padded, out }: Sizes): boolean {
  return elementCount(padded) === elementCount(out);
}

function indices(onnx: OnnxGraph, images: number, { padded, out, window }: Sizes): string {
  const key = `under:${JSON.stringify([images, padded, out, window])}`;
  const elements = () => elementsUnderWindow(images, padded, out, window);
  return onnx.sharedTensor(key, [images * elementCount(out) * elementCount(window.kernel)], elements);
}

function sizesOf({ inputs, attributes }: Node<'convWeightGradient'>): Sizes {
  const [x, dy] = [nth(inputs, 0).shape, nth(inputs, 1).shape];
  const { groups, padding, strides, dilations, weightShape } = attributes;
  return {
    images: dimension(x, 0),
    groups,
    channelsIn: dimension(weightShape, 1),
    channelsOut: dimension(weightShape, 0) / groups,
    padded: x.slice(2).map((size, axis) => size + 2 * dimension(padding, axis)),
    out: dy.slice(2),
    window: { kernel: weightShape.slice(2), strides, dilations },
  };
}

/** Zeros around the spatial axes of [N, ...spatial, C]. */
function padSpatially(onnx: OnnxGraph, tensor: string, padding: Shape): string {
  if (padding.every((size) => size === 0)) return tensor;
  const pads = [0, ...padding, 0];
  return onnx.node('Pad', [tensor, onnx.integers([...pads, ...pads]), onnx.scalar(0)]);
}
