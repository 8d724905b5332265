/** Operations that rearrange or repeat elements. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { nth } from '../../graph/op-definition.ts';
import type { Node } from '../../graph/program.ts';
import type { Lowering, TensorContext } from './lowering.ts';

const TO_ROWS = '0,2,3,1';
const TO_IMAGES = '0,3,1,2';

/** An image with its channels last is the same data as rows of channels: converting either way moves nothing. */
export const lowerTranspose: Lowering<'transpose'> = (context, node) => {
  const { tf } = context;
  const { order } = node.attributes;
  const x = nth(node.inputs, 0);
  if (order.join() === TO_ROWS) return [{ logical: tf.clone(context.channelsLast(x)) }];
  if (order.join() === TO_IMAGES) return [{ channelsLast: tf.clone(context.logical(x)) }];
  return [{ logical: tf.transpose(context.logical(x), [...order]) }];
};

export const lowerBroadcastAdd: Lowering<'broadcastAdd'> = (context, node) => {
  const [x, y] = inputsOf(context, node) as [Tensor, Tensor];
  return [{ logical: context.tf.add(x, y) }];
};

export const lowerMultiply: Lowering<'multiply'> = (context, node) => {
  const [x, y] = inputsOf(context, node) as [Tensor, Tensor];
  return [{ logical: context.tf.mul(x, y) }];
};

export const lowerConcat: Lowering<'concat'> = (context, node) => [
  { logical: context.tf.concat(inputsOf(context, node), node.attributes.axis) },
];

export const lowerSplit: Lowering<'split'> = (context, node) => {
  const { axis, sizes } = node.attributes;
  return context.tf.split(context.logical(nth(node.inputs, 0)), [...sizes], axis).map((logical) => ({ logical }));
};

export const lowerPad: Lowering<'pad'> = (context, node) => {
  const { axis, before, after } = node.attributes;
  const x = context.logical(nth(node.inputs, 0));
  const zeros = x.shape.map((_, place): [number, number] => (place === axis ? [before, after] : [0, 0]));
  return [{ logical: context.tf.pad(x, zeros) }];
};

function inputsOf(context: TensorContext, { inputs }: Node): Tensor[] {
  return inputs.map((input) => context.logical(input));
}
