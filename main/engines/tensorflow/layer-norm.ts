/** Layer normalisation and its gradients (Ba et al., 2016). */
import type { Tensor } from '@tensorflow/tfjs-core';
import { nth } from '../../graph/op-definition.ts';
import type { Lowering, TensorContext, TensorFlow } from './lowering.ts';

export const lowerLayerNorm: Lowering<'layerNorm'> = (context, node) => {
  const { tf } = context;
  const [x, scale, bias] = inputsOf(context, node);
  const { normal } = normalised(tf, x, node.attributes.epsilon);
  return [{ logical: tf.add(tf.mul(normal, scale), bias) }];
};

/** dx = (g − mean(g) − x̂ · mean(g · x̂)) / σ with g = dy · scale, means over each row. */
export const lowerLayerNormGradient: Lowering<'layerNormGradient'> = (context, node) => {
  const { tf } = context;
  const [dy, x, scale] = inputsOf(context, node);
  const { normal, inverse } = normalised(tf, x, node.attributes.epsilon);
  const g = tf.mul(dy, scale);
  const meanOfRow = (tensor: Tensor) => tf.mean(tensor, -1, true);
  const fromVariance = tf.mul(normal, meanOfRow(tf.mul(g, normal)));
  const dx = tf.mul(tf.sub(tf.sub(g, meanOfRow(g)), fromVariance), inverse);
  const rows = x.shape.slice(1).map((_, axis) => axis);
  return [{ logical: dx }, { logical: tf.sum(tf.mul(dy, normal), rows) }, { logical: tf.sum(dy, rows) }];
};

function normalised(tf: TensorFlow, x: Tensor, epsilon: number): { normal: Tensor; inverse: Tensor } {
  const { mean, variance } = tf.moments(x, -1, true);
  const inverse = tf.rsqrt(tf.add(variance, epsilon));
  return { normal: tf.mul(tf.sub(x, mean), inverse), inverse };
}

function inputsOf(
  context: TensorContext,
  { inputs }: Parameters<typeof lowerLayerNorm>[1] | Parameters<typeof lowerLayerNormGradient>[1],
): [Tensor, Tensor, Tensor] {
  return [0, 1, 2].map((index) => context.logical(nth(inputs, index))) as [Tensor, Tensor, Tensor];
}
