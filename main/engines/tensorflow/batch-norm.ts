/**
 * Batch normalisation and its gradients (Ioffe and Szegedy, 2015), with the channels last, where vectors broadcast
 * directly.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { nth } from '../../graph/op-definition.ts';
import type { Node } from '../../graph/program.ts';
import type { Lowering, TensorContext, TensorFlow } from './lowering.ts';

export const lowerBatchNormTraining: Lowering<'batchNormTraining'> = (context, node) => {
  const { tf } = context;
  const x = context.channelsLast(nth(node.inputs, 0));
  const { mean, variance } = tf.moments(x, statisticsAxes(x));
  const y = normalised(context, node, x, mean, variance);
  return [{ channelsLast: y }, { logical: mean }, { logical: variance }];
};

export const lowerBatchNormInference: Lowering<'batchNormInference'> = (context, node) => {
  const x = context.channelsLast(nth(node.inputs, 0));
  const [mean, variance] = [context.logical(nth(node.inputs, 3)), context.logical(nth(node.inputs, 4))];
  return [{ channelsLast: normalised(context, node, x, mean, variance) }];
};

/** dx = scale/σ · (dy − mean(dy) − x̂ · mean(dy · x̂)), where x̂ is the normalised input. */
export const lowerBatchNormTrainingGradient: Lowering<'batchNormTrainingGradient'> = (context, node) => {
  const { tf } = context;
  const { dy, normal, factor, dScale, dBias } = throughFixedStatistics(context, node);
  const count = dy.size / dBias.size;
  const fromStatistics = tf.add(tf.mul(normal, tf.div(dScale, count)), tf.div(dBias, count));
  return [{ channelsLast: tf.mul(tf.sub(dy, fromStatistics), factor) }, { logical: dScale }, { logical: dBias }];
};

export const lowerBatchNormInferenceGradient: Lowering<'batchNormInferenceGradient'> = (context, node) => {
  const { dy, factor, dScale, dBias } = throughFixedStatistics(context, node);
  return [{ channelsLast: context.tf.mul(dy, factor) }, { logical: dScale }, { logical: dBias }];
};

function normalised(
  context: TensorContext,
  node: Node<'batchNormTraining' | 'batchNormInference'>,
  x: Tensor,
  mean: Tensor,
  variance: Tensor,
): Tensor {
  const { tf } = context;
  const [scale, bias] = [context.logical(nth(node.inputs, 1)), context.logical(nth(node.inputs, 2))];
  const factor = tf.mul(scale, inverseDeviation(tf, variance, node.attributes.epsilon));
  return tf.add(tf.mul(tf.sub(x, mean), factor), bias);
}

function throughFixedStatistics(
  context: TensorContext,
  node: Node<'batchNormTrainingGradient' | 'batchNormInferenceGradient'>,
) {
  const { tf } = context;
  const [dy, x] = [context.channelsLast(nth(node.inputs, 0)), context.channelsLast(nth(node.inputs, 1))];
  const [scale, mean, variance] = [2, 3, 4].map((index) => context.logical(nth(node.inputs, index))) as [
    Tensor,
    Tensor,
    Tensor,
  ];
  const inverse = inverseDeviation(tf, variance, node.attributes.epsilon);
  const normal = tf.mul(tf.sub(x, mean), inverse);
  const axes = statisticsAxes(x);
  return {
    dy,
    normal,
    factor: tf.mul(scale, inverse),
    dScale: tf.sum(tf.mul(dy, normal), axes),
    dBias: tf.sum(dy, axes),
  };
}

function inverseDeviation(tf: TensorFlow, variance: Tensor, epsilon: number): Tensor {
  return tf.rsqrt(tf.add(variance, epsilon));
}

/** All axes except the channels. */
function statisticsAxes({ shape }: Tensor): number[] {
  return shape.slice(1).map((_, axis) => axis);
}
