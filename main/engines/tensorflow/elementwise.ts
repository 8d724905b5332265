/** Element-wise operations, products and updates. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { nth } from '../../graph/op-definition.ts';
import type { AdamWAttributes } from '../../graph/ops/adamw-update.ts';
import type { SgdAttributes } from '../../graph/ops/sgd-update.ts';
import { elementCount, type Node } from '../../graph/program.ts';
import type { Lowering, TensorContext, TensorFlow } from './lowering.ts';

export const lowerAdd: Lowering<'add'> = (context, node) => {
  const { layout, tensors } = context.alike(nth(node.inputs, 0), nth(node.inputs, 1));
  return [{ [layout]: context.tf.add(...tensors) }];
};

export const lowerConstant: Lowering<'constant'> = ({ tf }, { attributes: { shape, value } }) => [
  { logical: shape.length === 0 ? tf.scalar(value) : tf.fill([...shape], value) },
];

export const lowerRelu: Lowering<'relu'> = (context, node) => {
  const { layout, tensors } = context.alike(nth(node.inputs, 0));
  return [{ [layout]: context.tf.relu(...tensors) }];
};

export const lowerReluGradient: Lowering<'reluGradient'> = (context, node) => {
  const { tf } = context;
  const { layout, tensors } = context.alike(nth(node.inputs, 0), nth(node.inputs, 1));
  const [dy, y] = tensors;
  return [{ [layout]: tf.where(tf.greater(y, 0), dy, tf.zerosLike(dy)) }];
};

export const lowerDropout: Lowering<'dropout'> = (context, node) => {
  const { tf } = context;
  const { rate } = node.attributes;
  const [of, by] = [nth(node.inputs, 0), nth(node.inputs, 1)];
  const kept = (noise: Tensor) => tf.cast(tf.greaterEqual(noise, rate), 'float32');
  if (by.shape.length === of.shape.length) {
    const { layout, tensors } = context.alike(of, by);
    const [x, noise] = tensors;
    return [{ [layout]: tf.mul(x, tf.mul(kept(noise), 1 / (1 - rate))) }];
  }
  const spread = tf.reshape(context.logical(by), [...by.shape, ...of.shape.slice(by.shape.length).map(() => 1)]);
  // Noise per image is the same in either layout.
  const { layout, tensors } =
    by.shape.length === 1 ? context.alike(of) : { layout: 'logical', tensors: [context.logical(of)] };
  return [{ [layout]: tf.mul(nth(tensors, 0), tf.mul(kept(spread), 1 / (1 - rate))) }];
};

export const lowerReshape: Lowering<'reshape'> = (context, node) => [
  { logical: context.tf.reshape(context.logical(nth(node.inputs, 0)), [...node.attributes.shape]) },
];

export const lowerPack: Lowering<'pack'> = (context, node) => [
  { logical: context.tf.concat(inputsOf(context, node).map((tensor) => context.tf.reshape(tensor, [-1]))) },
];

export const lowerUnpack: Lowering<'unpack'> = (context, node) => {
  const { tf } = context;
  const { shapes } = node.attributes;
  const parts = tf.split(context.logical(nth(node.inputs, 0)), shapes.map(elementCount));
  return parts.map((part, index) => ({ logical: tf.reshape(part, [...nth(shapes, index)]) }));
};

export const lowerMatMul: Lowering<'matMul'> = (context, node) => {
  const { transposeA, transposeB } = node.attributes;
  const [a, b] = inputsOf(context, node) as [Tensor, Tensor];
  return [{ logical: context.tf.matMul(a, b, transposeA, transposeB) }];
};

export const lowerLinear: Lowering<'linear'> = (context, node) => {
  const { tf } = context;
  const [x, weight, bias] = inputsOf(context, node) as [Tensor, Tensor, Tensor];
  return [{ logical: tf.add(tf.matMul(x, weight, false, true), bias) }];
};

export const lowerSumOverBatch: Lowering<'sumOverBatch'> = (context, node) => [
  { logical: context.tf.sum(context.logical(nth(node.inputs, 0)), 0) },
];

export const lowerSgdUpdate: Lowering<'sgdUpdate'> = (context, node) =>
  sgdStep(context.tf, node.attributes, inputsOf(context, node) as Four).map((logical) => ({ logical }));

export const lowerSgdAccumulate: Lowering<'sgdAccumulate'> = (context, node) => {
  const { tf } = context;
  const [parameter, gradient, velocity, earlier, rate, last] = inputsOf(context, node) as [...Four, Tensor, Tensor];
  const sum = tf.add(earlier, gradient);
  const [moved, velocityAfter] = sgdStep(tf, node.attributes, [parameter, sum, velocity, rate]);
  const isLast = tf.cast(last, 'bool');
  return [
    { logical: tf.where(isLast, moved, parameter) },
    { logical: tf.where(isLast, velocityAfter, velocity) },
    { logical: tf.where(isLast, tf.zerosLike(sum), sum) },
  ];
};

export const lowerAdamWUpdate: Lowering<'adamwUpdate'> = (context, node) => {
  const { tf } = context;
  const [parameter, gradient, first, second, rate, ...more] = inputsOf(context, node) as [...Four, Tensor, ...Tensor[]];
  const [firstCorrection, secondCorrection, earlier, last] = more as [Tensor, Tensor, Tensor?, Tensor?];
  const sum = earlier ? tf.add(earlier, gradient) : gradient;
  const before = [parameter, first, second];
  const after = adamwStep(tf, node.attributes, [parameter, sum, first, second], rate, [
    firstCorrection,
    secondCorrection,
  ]);
  if (!last) return after.map((logical) => ({ logical }));
  const isLast = tf.cast(last, 'bool');
  return [
    ...after.map((moved, index) => ({ logical: tf.where(isLast, moved, nth(before, index)) })),
    { logical: tf.where(isLast, tf.zerosLike(sum), sum) },
  ];
};

/** From parameter, gradient and moments, computes the next parameter and moments. */
function adamwStep(
  tf: TensorFlow,
  { firstDecay, secondDecay, epsilon, weightDecay, rateFactor = 1 }: AdamWAttributes,
  [parameter, gradient, first, second]: Four,
  rate: Tensor,
  [firstCorrection, secondCorrection]: readonly [Tensor, Tensor],
): [Tensor, Tensor, Tensor] {
  const mix = (before: Tensor, now: Tensor, decay: number) => tf.add(tf.mul(before, decay), tf.mul(now, 1 - decay));
  const nextFirst = mix(first, gradient, firstDecay);
  const nextSecond = mix(second, tf.mul(gradient, gradient), secondDecay);
  const spread = tf.add(tf.sqrt(tf.div(nextSecond, secondCorrection)), epsilon);
  const direction = tf.div(tf.div(nextFirst, firstCorrection), spread);
  const change = weightDecay === 0 ? direction : tf.add(direction, tf.mul(parameter, weightDecay));
  return [tf.sub(parameter, tf.mul(change, tf.mul(rate, rateFactor))), nextFirst, nextSecond];
}

export const lowerTally: Lowering<'tally'> = (context, node) => {
  const { tf } = context;
  const [sum, value, begins] = inputsOf(context, node) as [Tensor, Tensor, Tensor];
  const before = tf.where(tf.cast(begins, 'bool'), tf.zerosLike(sum), sum);
  return [{ logical: tf.add(before, tf.mul(value, node.attributes.weight)) }];
};

export const lowerExponentialAverage: Lowering<'exponentialAverage'> = (context, node) => {
  const { tf } = context;
  const { rate, correction } = node.attributes;
  const [average, value, moves] = inputsOf(context, node) as [Tensor, Tensor, Tensor?];
  const moved = tf.add(tf.mul(average, 1 - rate), tf.mul(value, rate * correction));
  return [{ logical: moves ? tf.where(tf.cast(moves, 'bool'), moved, average) : moved }];
};

function inputsOf(context: TensorContext, { inputs }: Node): Tensor[] {
  return inputs.map((input) => context.logical(input));
}

type Four = [Tensor, Tensor, Tensor, Tensor];

/** From parameter, gradient, velocity and rate, computes the next parameter and velocity. */
function sgdStep(
  tf: TensorFlow,
  { momentum, weightDecay, nesterov, rateFactor = 1 }: SgdAttributes,
  [parameter, gradient, velocity, rate]: Four,
): [Tensor, Tensor] {
  const decayed = weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(parameter, weightDecay));
  const nextVelocity = tf.add(tf.mul(velocity, momentum), decayed);
  const step = nesterov ? tf.add(decayed, tf.mul(nextVelocity, momentum)) : nextVelocity;
  return [tf.sub(parameter, tf.mul(step, tf.mul(rate, rateFactor))), nextVelocity];
}
