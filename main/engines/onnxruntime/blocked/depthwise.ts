/**
 * Depthwise convolutions in the blocked layout, and their gradients. A filter is [C/b, kh, kw, b of C], the same layout
 * as an activation of one image: dW is the convolution of X by dY, separately for each channel of each image.
 */

import { nth } from '../../../graph/op-definition.ts';
import type { ConvAttributes } from '../../../graph/ops/conv.ts';
import type { Node, Shape } from '../../../graph/program.ts';
import { dimension, elementCount } from '../../../graph/program.ts';
import type { BlockedContext } from './blocked-context.ts';

/** A square depthwise kernel over whole blocks of channels. */
export function isDepthwise(weightShape: Shape, attributes: ConvAttributes, block: number): boolean {
  const [outputs = 0, inputs, height, width] = weightShape;
  const { strides, padding, dilations, groups } = attributes;
  return (
    weightShape.length === 4 &&
    groups === outputs &&
    inputs === 1 &&
    outputs % block === 0 &&
    height === width &&
    strides[0] === strides[1] &&
    padding[0] === padding[1] &&
    dilations.every((dilation) => dilation === 1)
  );
}

/** Gradients are themselves convolutions if no position was skipped. */
export function isDenseDepthwise(weightShape: Shape, attributes: ConvAttributes, block: number): boolean {
  const [stride, padding] = [dimension(attributes.strides, 0), dimension(attributes.padding, 0)];
  return isDepthwise(weightShape, attributes, block) && stride === 1 && padding < dimension(weightShape, 2);
}

export function depthwiseConv(context: BlockedContext, node: Node<'conv'>): void {
  const [x, weight, y] = [nth(node.inputs, 0), nth(node.inputs, 1), nth(node.outputs, 0)];
  const { strides, padding, groups } = node.attributes;
  const options = { kernel_shape: weight.shape.slice(2), strides, pads: [...padding, ...padding], group: groups };
  const filter = blockedFilter(context, context.name(weight), weight.shape);
  context.bindBlocked(y, context.conv(context.blocked(x), context.reshape(filter, weight.shape), options));
}

/** dX: the convolution of dY with the flipped kernel. */
export function depthwiseInputGradient(context: BlockedContext, node: Node<'convInputGradient'>): void {
  const [dy, weight, dx] = [nth(node.inputs, 0), nth(node.inputs, 1), nth(node.outputs, 0)];
  const { padding, groups } = node.attributes;
  const kernel = weight.shape.slice(2);
  const taps = elementCount(kernel);
  const [blocks, { block }] = [groups / context.block, context];
  const backwards = Array.from({ length: taps }, (_, tap) => taps - 1 - tap);
  const filter = blockedFilter(context, context.name(weight), weight.shape);
  const turned = context.reshape(context.gatherRows(filter, blocks, taps, block, backwards), weight.shape);
  const pad = dimension(kernel, 0) - 1 - dimension(padding, 0);
  const options = { kernel_shape: kernel, pads: [pad, pad, pad, pad], group: groups };
  context.bindBlocked(dx, context.conv(context.blocked(dy), turned, options));
}

/** dW, row-major. */
export function depthwiseWeightGradient(context: BlockedContext, node: Node<'convWeightGradient'>): string {
  const [x, dy] = [nth(node.inputs, 0), nth(node.inputs, 1)];
  const { padding, weightShape } = node.attributes;
  const [batch, channels] = [dimension(x.shape, 0), dimension(x.shape, 1)];
  const [all, { block }] = [batch * channels, context];
  const image = context.reshape(context.blocked(x), [1, all, ...x.shape.slice(2)]);
  const filter = context.reshape(context.blocked(dy), [all, 1, ...dy.shape.slice(2)]);
  const options = { kernel_shape: dy.shape.slice(2), pads: [...padding, ...padding], group: all };
  const each = context.conv(image, filter, options);
  const taps = elementCount(weightShape.slice(2));
  const sum = context.reshape(context.sumRows(each, batch, channels * taps), [channels / block, taps, block]);
  return context.reshape(context.onnx.node('Transpose', [sum], { perm: [0, 2, 1] }), weightShape);
}

/** [C, 1, kh, kw] → [C/b, kh · kw, b]. */
function blockedFilter(context: BlockedContext, weight: string, shape: Shape): string {
  const { block, onnx } = context;
  const split = context.reshape(weight, [dimension(shape, 0) / block, block, elementCount(shape.slice(2))]);
  return onnx.node('Transpose', [split], { perm: [0, 2, 1] });
}
