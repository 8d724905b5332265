/** Convolution and its gradients in standard ONNX operators, for any provider. */

import { nth } from '../../../graph/op-definition.ts';
import type { ConvAttributes } from '../../../graph/ops/conv.ts';
import type { Node, Shape } from '../../../graph/program.ts';
import { dimension } from '../../../graph/program.ts';
import type { Lowering } from '../lowering.ts';
import type { OnnxGraph } from '../onnx-graph.ts';

export const lowerConv: Lowering<'conv'> = (context, node) => [
  context.onnx.node('Conv', [context.input(node, 0), context.input(node, 1)], convAttributes(node)),
];

export function convAttributes({ inputs, attributes }: Node<'conv'>) {
  return window(nth(inputs, 1).shape.slice(2), attributes);
}

export const lowerConvInputGradient: Lowering<'convInputGradient'> = (context, node) => {
  const { attributes } = node;
  const kernel = nth(node.inputs, 1).shape.slice(2);
  const outputSizes = nth(node.inputs, 0).shape.slice(2);
  const outputPadding = attributes.inputShape.slice(2).map((size, axis) => {
    const reach = dimension(attributes.dilations, axis) * (dimension(kernel, axis) - 1) + 1;
    const least = (dimension(outputSizes, axis) - 1) * dimension(attributes.strides, axis) + reach;
    return size + 2 * dimension(attributes.padding, axis) - least;
  });
  const inputs = [context.input(node, 0), context.input(node, 1)];
  return [context.onnx.node('ConvTranspose', inputs, { ...window(kernel, attributes), output_padding: outputPadding })];
};

/**
 * dW is itself a convolution: of the input with channels and batch exchanged, by dY with channels and batch exchanged,
 * with strides and dilations exchanged. Positions of x that no window reached make the result larger than the kernel;
 * they are cut off.
 */
export const lowerConvWeightGradient: Lowering<'convWeightGradient'> = (context, node) => {
  const { onnx } = context;
  const { strides, padding, dilations, groups, weightShape } = node.attributes;
  const x = nth(node.inputs, 0).shape;
  const dy = nth(node.inputs, 1).shape;
  const spatialAxes = x.slice(2).map((_, axis) => axis + 2);
  const channelsPerGroup = dimension(weightShape, 1);
  const grouped = onnx.node('Reshape', [
    context.input(node, 0),
    onnx.integers([dimension(x, 0), groups, channelsPerGroup, ...x.slice(2)]),
  ]);
  const perm = [2, 1, 0, ...spatialAxes.map((axis) => axis + 1)];
  const exchanged = onnx.node('Reshape', [
    onnx.node('Transpose', [grouped], { perm }),
    onnx.integers([channelsPerGroup, groups * dimension(x, 0), ...x.slice(2)]),
  ]);
  const kernel = onnx.node('Transpose', [context.input(node, 1)], { perm: [1, 0, ...spatialAxes] });
  const slid = window(dy.slice(2), { strides: dilations, padding, dilations: strides, groups });
  const full = onnx.node('Conv', [exchanged, kernel], slid);
  const back = onnx.node('Transpose', [full], { perm: [1, 0, ...spatialAxes] });
  return [cut(onnx, back, weightShape, spatialAxes)];
};

function cut(onnx: OnnxGraph, tensor: string, shape: Shape, axes: readonly number[]): string {
  const ends = axes.map((axis) => dimension(shape, axis));
  return onnx.slice(tensor, { starts: axes.map(() => 0), ends, axes });
}

/** A convolution's attributes in ONNX form. */
export function window(kernel: Shape, { strides, padding, dilations, groups }: ConvAttributes) {
  return { kernel_shape: kernel, strides, pads: [...padding, ...padding], dilations, group: groups };
}
