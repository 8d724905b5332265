/** GELU and its gradient, by the error function. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { nth } from '../../graph/op-definition.ts';
import type { Lowering, TensorFlow } from './lowering.ts';

export const lowerGelu: Lowering<'gelu'> = (context, node) => {
  const { tf } = context;
  const { layout, tensors } = context.alike(nth(node.inputs, 0));
  const [x] = tensors;
  return [{ [layout]: tf.mul(x, distribution(tf, x)) }];
};

/** Φ(x) + x · φ(x), with the normal distribution and its density. */
export const lowerGeluGradient: Lowering<'geluGradient'> = (context, node) => {
  const { tf } = context;
  const { layout, tensors } = context.alike(nth(node.inputs, 0), nth(node.inputs, 1));
  const [dy, x] = tensors;
  const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  return [{ [layout]: tf.mul(dy, tf.add(distribution(tf, x), tf.mul(x, density))) }];
};

function distribution(tf: TensorFlow, x: Tensor): Tensor {
  return tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
}
