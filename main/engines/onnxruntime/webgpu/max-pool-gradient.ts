/**
 * The gradient of max pooling for providers whose MaxPool returns no indices. For each place of the window, in
 * row-major order: the positions whose maximum is at that place and at no earlier one; their gradients are put back by
 * one transposed convolution with a kernel that is 1 at each place in turn.
 */
import { nth } from '../../../graph/op-definition.ts';
import { dimension, elementCount } from '../../../graph/program.ts';
import type { Lowering } from '../lowering.ts';
import { isVolume, spreadOverChannels } from './transposed-convolution.ts';
import { coordinates } from './window-places.ts';

/** Below any activation; −∞ itself is not portable through shader constants. */
const LOWEST = -3.4e38;

export const lowerMaxPoolGradientByPlaces: Lowering<'maxPoolGradient'> = (context, node) => {
  const { onnx } = context;
  const { kernel, strides, padding, dilations } = node.attributes;
  const input = nth(node.inputs, 1).shape;
  const output = nth(node.inputs, 2).shape;
  const dy = context.input(node, 0);
  const y = context.input(node, 2);
  const spatialAxes = kernel.map((_, axis) => axis + 2);
  const pads = [0, 0, ...padding, 0, 0, ...padding];
  const padded = onnx.node('Pad', [context.input(node, 1), onnx.integers(pads), onnx.scalar(LOWEST)]);
  const one = onnx.scalar(1);
  const places = elementCount(kernel);

  let free: string | undefined;
  const passedOn: string[] = [];
  for (let place = 0; place < places; place++) {
    const starts = coordinates(place, kernel).map((offset, axis) => offset * dimension(dilations, axis));
    const ends = starts.map((start, axis) => start + (dimension(output, axis + 2) - 1) * dimension(strides, axis) + 1);
    const window = onnx.slice(padded, { starts, ends, axes: spatialAxes, steps: strides });
    const equal = onnx.node('Cast', [onnx.node('Equal', [window, y])], { to: 1 });
    const hit: string = free === undefined ? equal : onnx.node('Mul', [equal, free]);
    free = free === undefined ? onnx.node('Sub', [one, hit]) : onnx.node('Sub', [free, hit]);
    passedOn.push(onnx.node('Unsqueeze', [onnx.node('Mul', [dy, hit]), onnx.integers([2])]));
  }
  const channels = dimension(input, 1);
  const shape = [dimension(input, 0), channels * places, ...output.slice(2)];
  const stacked = onnx.node('Reshape', [onnx.node('Concat', passedOn, { axis: 2 }), onnx.integers(shape)]);
  if (isVolume(input)) {
    const weightShape = [places, 1, ...kernel];
    const weight = onnx.tensor(weightShape, Float32Array.from(onePlaceEach(1, places)));
    const each = { name: weight, shape: weightShape };
    return [spreadOverChannels(onnx, { name: stacked, shape }, places, each, node.attributes, input)];
  }
  const back = onnx.tensor([channels * places, 1, ...kernel], Float32Array.from(onePlaceEach(channels, places)));
  const outputPadding = spatialAxes.map((axis, index) => {
    const reach = dimension(dilations, index) * (dimension(kernel, index) - 1) + 1;
    const least = (dimension(output, axis) - 1) * dimension(strides, index) + reach;
    return dimension(input, axis) + 2 * dimension(padding, index) - least;
  });
  const attributes = {
    kernel_shape: kernel,
    strides,
    pads: [...padding, ...padding],
    dilations,
    group: channels,
    output_padding: outputPadding,
  };
  return [onnx.node('ConvTranspose', [stacked, back], attributes)];
};

/** Per channel, the identity matrix of places. */
function* onePlaceEach(channels: number, places: number): Generator<number> {
  for (let channel = 0; channel < channels; channel++) {
    for (let place = 0; place < places; place++) {
      for (let element = 0; element < places; element++) yield Number(place === element);
    }
  }
}
