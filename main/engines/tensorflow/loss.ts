/** Softmax, cross-entropy and their gradients. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { nth } from '../../graph/op-definition.ts';
import { dimension, type Node, type Value } from '../../graph/program.ts';
import type { Lowering, TensorContext } from './lowering.ts';

export const lowerSoftmax: Lowering<'softmax'> = (context, node) => [
  { logical: context.tf.softmax(context.logical(nth(node.inputs, 0))) },
];

export const lowerSoftmaxGradient: Lowering<'softmaxGradient'> = (context, node) => {
  const { tf } = context;
  const [dy, y] = [context.logical(nth(node.inputs, 0)), context.logical(nth(node.inputs, 1))];
  return [{ logical: tf.mul(y, tf.sub(dy, tf.sum(tf.mul(dy, y), -1, true))) }];
};

export const lowerSoftmaxCrossEntropy: Lowering<'softmaxCrossEntropy'> = (context, node) => {
  const { tf } = context;
  const logits = context.logical(nth(node.inputs, 0));
  const sum = tf.sum(tf.mul(tf.logSoftmax(logits), smoothedTargets(context, node, 0)));
  return [{ logical: tf.mul(sum, -1 / nth(logits.shape, 0)) }];
};

export const lowerSoftmaxCrossEntropyGradient: Lowering<'softmaxCrossEntropyGradient'> = (context, node) => {
  const { tf } = context;
  const logits = context.logical(nth(node.inputs, 1));
  const share = tf.div(context.logical(nth(node.inputs, 0)), nth(logits.shape, 0));
  return [{ logical: tf.mul(tf.sub(tf.softmax(logits), smoothedTargets(context, node, 1)), share) }];
};

export const lowerCountCorrect: Lowering<'countCorrect'> = (context, node) => {
  const { tf } = context;
  const logits = context.logical(nth(node.inputs, 0));
  const ofOwn = tf.sum(tf.mul(logits, oneHot(context, nth(node.inputs, 1), nth(logits.shape, 1))), 1);
  return [{ logical: tf.sum(tf.cast(tf.equal(ofOwn, tf.max(logits, 1)), 'float32')) }];
};

/** The targets as distributions [N, C]; logits are the node's input `logitsIndex`, targets the one after it. */
function smoothedTargets(
  context: TensorContext,
  node: Node<'softmaxCrossEntropy' | 'softmaxCrossEntropyGradient'>,
  logitsIndex: number,
): Tensor {
  const { tf } = context;
  const classes = dimension(nth(node.inputs, logitsIndex).shape, 1);
  const targets = nth(node.inputs, logitsIndex + 1);
  const { labelSmoothing } = node.attributes;
  const distribution = targets.dtype === 'float32' ? context.logical(targets) : oneHot(context, targets, classes);
  if (labelSmoothing === 0) return distribution;
  return tf.add(tf.mul(distribution, 1 - labelSmoothing), labelSmoothing / classes);
}

function oneHot(context: TensorContext, classIds: Value, classes: number): Tensor {
  const { tf } = context;
  return tf.cast(tf.oneHot(context.logical(classIds), classes), 'float32');
}
