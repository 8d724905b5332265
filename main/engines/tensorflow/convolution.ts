/**
 * Convolution and its gradients with TensorFlow's kernels, which take [N, ...spatial, C] and [...kernel, Ci, Co]. They
 * are used only for what every backend supports: groups are split and concatenated, padding is explicit, and a dilated
 * kernel is filled with zeros between its elements.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { nth } from '../../graph/op-definition.ts';
import type { ConvAttributes } from '../../graph/ops/conv.ts';
import type { Shape, Value } from '../../graph/program.ts';
import type { Lowering, TensorContext, TensorFlow } from './lowering.ts';
import {
  channelsLastShape,
  padded,
  paddedShape,
  planar,
  planarShape,
  planarTensor,
  spread,
  unpadded,
} from './windows.ts';

export const lowerConv: Lowering<'conv'> = (context, node) => {
  const { tf } = context;
  const { strides, padding, groups, dilations } = planarAttributes(node.attributes);
  const x = padded(tf, planarTensor(context, nth(node.inputs, 0)), padding);
  const filter = filterOf(context, nth(node.inputs, 1), dilations);
  const { conv, dataFormat } = kernels(tf, x.shape);
  const attributes = { strides, pad: 'valid', dataFormat, dilations: strides.map(() => 1) };
  const y = inGroups(tf, groups, [x, filter], ([part, own]) =>
    tf.engine().runKernel(conv, { x: part, filter: own }, attributes),
  );
  return [{ channelsLast: tf.reshape(y, channelsLastShape(nth(node.outputs, 0).shape)) }];
};

export const lowerConvInputGradient: Lowering<'convInputGradient'> = (context, node) => {
  const { tf } = context;
  const { strides, padding, groups, dilations } = planarAttributes(node.attributes);
  const dy = planarTensor(context, nth(node.inputs, 0));
  const filter = filterOf(context, nth(node.inputs, 1), dilations);
  const { inputGradient, dataFormat } = kernels(tf, dy.shape);
  const shape = planarShape(node.attributes.inputShape);
  const inputShape = [...paddedShape(shape, padding).slice(0, -1), nth(shape, shape.length - 1) / groups];
  const dx = inGroups(tf, groups, [dy, filter], ([part, own]) =>
    tf.engine().runKernel(inputGradient, { dy: part, filter: own }, { strides, pad: 'valid', dataFormat, inputShape }),
  );
  const { inputShape: whole } = node.attributes;
  return [{ channelsLast: tf.reshape(unpadded(tf, dx, padding, shape), channelsLastShape(whole)) }];
};

/** For a dilated kernel, the gradients of the zeros between its elements are dropped. */
export const lowerConvWeightGradient: Lowering<'convWeightGradient'> = (context, node) => {
  const { tf } = context;
  const { strides, padding, groups, dilations } = planarAttributes(node.attributes);
  const x = padded(tf, planarTensor(context, nth(node.inputs, 0)), padding);
  const dy = planarTensor(context, nth(node.inputs, 1));
  const { weightGradient, dataFormat } = kernels(tf, x.shape);
  const [outputs, inputs, ...kernel] = node.attributes.weightShape as [number, number, ...number[]];
  const reach = planar(kernel, 1).map((size, axis) => (size - 1) * nth(dilations, axis) + 1);
  const filterShape = [...reach, inputs, outputs / groups];
  const full = inGroups(tf, groups, [x, dy], ([part, own]) =>
    tf.engine().runKernel(weightGradient, { x: part, dy: own }, { strides, pad: 'valid', dataFormat, filterShape }),
  );
  const zeros = full.shape.map(() => 0);
  const taken = dilations.every((step) => step === 1)
    ? full
    : tf.stridedSlice(full, zeros, [...full.shape], [...dilations, 1, 1]);
  const filter = tf.reshape(taken, [...kernel, inputs, outputs]);
  const axes = kernel.map((_, axis) => axis);
  return [{ logical: tf.transpose(filter, [axes.length + 1, axes.length, ...axes]) }];
};

function planarAttributes({ strides, padding, dilations, groups }: ConvAttributes) {
  return { strides: planar(strides, 1), padding: planar(padding, 0), dilations: planar(dilations, 1), groups };
}

/** [Co, Ci, ...kernel] → [...kernel, Ci, Co]. */
function filterOf(context: TensorContext, weight: Value, dilations: readonly number[]): Tensor {
  const { tf } = context;
  const [outputs, inputs, ...kernel] = weight.shape as [number, number, ...number[]];
  const turned = tf.transpose(context.logical(weight), [...kernel.map((_, axis) => axis + 2), 1, 0]);
  return spread(tf, tf.reshape(turned, [...planar(kernel, 1), inputs, outputs]), dilations, 0);
}

/** The results of all groups, concatenated; each group has its share of the last axis of both. */
function inGroups(
  tf: TensorFlow,
  groups: number,
  both: readonly [Tensor, Tensor],
  compute: (group: readonly [Tensor, Tensor]) => Tensor,
): Tensor {
  if (groups === 1) return compute(both);
  const last = both[0].shape.length - 1;
  const [left, right] = both.map((tensor) => tf.split(tensor, groups, last)) as [Tensor[], Tensor[]];
  return tf.concat(
    left.map((part, group) => compute([part, nth(right, group)])),
    last,
  );
}

function kernels(tf: TensorFlow, { length: rank }: Shape) {
  return rank === 4
    ? {
        conv: tf.Conv2D,
        inputGradient: tf.Conv2DBackpropInput,
        weightGradient: tf.Conv2DBackpropFilter,
        dataFormat: 'NHWC',
      }
    : {
        conv: tf.Conv3D,
        inputGradient: tf.Conv3DBackpropInputV2,
        weightGradient: tf.Conv3DBackpropFilterV2,
        dataFormat: 'NDHWC',
      };
}
