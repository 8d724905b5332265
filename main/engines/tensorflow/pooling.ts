/** Pooling and its gradients with TensorFlow's kernels, with explicit padding. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { nth } from '../../graph/op-definition.ts';
import type { WindowAttributes } from '../../graph/ops/window.ts';
import { elementCount } from '../../graph/program.ts';
import type { Lowering, TensorContext } from './lowering.ts';
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

export const lowerMaxPool: Lowering<'maxPool'> = (context, node) => {
  const { MaxPool, MaxPool3D } = context.tf;
  return pool(context, node, Number.NEGATIVE_INFINITY, MaxPool, MaxPool3D);
};

/** Padding zeros count in the average, as they do once they are explicit. */
export const lowerAveragePool: Lowering<'averagePool'> = (context, node) => {
  const { AvgPool, AvgPool3D } = context.tf;
  return pool(context, node, 0, AvgPool, AvgPool3D);
};

/**
 * Each dy goes to the first place of its window that holds the maximum: the places are tested in order, and what one
 * takes is no longer available to the others. TensorFlow's own kernels guarantee no order (tfjs's over volumes takes
 * the last).
 */
export const lowerMaxPoolGradient: Lowering<'maxPoolGradient'> = (context, node) => {
  const { tf } = context;
  const { strides, padding, dilations, kernel } = windowOf(node.attributes);
  const [dy, x, y] = [0, 1, 2].map((index) => planarTensor(context, nth(node.inputs, index))) as [
    Tensor,
    Tensor,
    Tensor,
  ];
  const outside = padded(tf, x, padding, Number.NEGATIVE_INFINITY);
  const zeros = tf.zerosLike(dy);
  const steps = [1, ...strides, 1];
  let [dx, left] = [tf.zeros(outside.shape), dy];
  for (const tap of taps(kernel)) {
    const begin = [0, ...tap.map((place, axis) => place * nth(dilations, axis)), 0];
    const end = begin.map((place, axis) => place + (nth(dy.shape, axis) - 1) * nth(steps, axis) + 1);
    [dx, left] = tf.tidy(() => {
      const holds = tf.equal(tf.stridedSlice(outside, begin, end, steps), y);
      const taken = spread(tf, tf.where(holds, left, zeros), strides, 1);
      const around = taken.shape.map((size, axis): [number, number] => {
        const before = nth(begin, axis);
        return [before, nth(outside.shape, axis) - size - before];
      });
      return [tf.add(dx, tf.pad(taken, around)), tf.where(holds, zeros, left)];
    }) as [Tensor, Tensor];
  }
  const { shape } = nth(node.inputs, 1);
  return [{ channelsLast: tf.reshape(unpadded(tf, dx, padding, planarShape(shape)), channelsLastShape(shape)) }];
};

export const lowerAveragePoolGradient: Lowering<'averagePoolGradient'> = (context, node) => {
  const { tf } = context;
  const { inputShape } = node.attributes;
  const { strides, padding, kernel } = undilated(node.attributes);
  const dy = planarTensor(context, nth(node.inputs, 0));
  const shape = planarShape(inputShape);
  // Only the shape of the input is read.
  const input = tf.zeros(paddedShape(shape, padding));
  const name = dy.shape.length === 4 ? tf.AvgPoolGrad : tf.AvgPool3DGrad;
  const dx: Tensor = tf
    .engine()
    .runKernel(name, { dy, input }, { filterSize: kernel, strides, pad: 'valid', dataFormat: 'NDHWC' });
  return [{ channelsLast: tf.reshape(unpadded(tf, dx, padding, shape), channelsLastShape(inputShape)) }];
};

export const lowerGlobalAveragePool: Lowering<'globalAveragePool'> = (context, node) => {
  const x = context.channelsLast(nth(node.inputs, 0));
  const spatial = x.shape.slice(2).map((_, axis) => axis + 1);
  return [{ logical: context.tf.mean(x, spatial) }];
};

export const lowerGlobalAveragePoolGradient: Lowering<'globalAveragePoolGradient'> = (context, node) => {
  const { tf } = context;
  const shape = channelsLastShape(node.attributes.inputShape);
  const share = tf.div(context.logical(nth(node.inputs, 0)), elementCount(shape.slice(1, -1)));
  const onePosition = shape.map((size, axis) => (axis === 0 || axis === shape.length - 1 ? size : 1));
  return [{ channelsLast: tf.broadcastTo(tf.reshape(share, onePosition), shape) }];
};

function pool(
  context: TensorContext,
  node: Parameters<Lowering<'maxPool'>>[1] | Parameters<Lowering<'averagePool'>>[1],
  outside: number,
  overPlanes: string,
  overVolumes: string,
) {
  const { tf } = context;
  const { strides, padding, kernel } = undilated(node.attributes);
  const x = padded(tf, planarTensor(context, nth(node.inputs, 0)), padding, outside);
  const name = x.shape.length === 4 ? overPlanes : overVolumes;
  const attributes = { filterSize: kernel, strides, pad: 'valid', dataFormat: 'NDHWC' };
  const y: Tensor = tf.engine().runKernel(name, { x }, attributes);
  return [{ channelsLast: tf.reshape(y, channelsLastShape(nth(node.outputs, 0).shape)) }];
}

function windowOf({ kernel, strides, padding, dilations }: WindowAttributes) {
  const ones = (perAxis: readonly number[]) => planar(perAxis, 1);
  return { kernel: ones(kernel), strides: ones(strides), padding: planar(padding, 0), dilations: ones(dilations) };
}

function undilated(attributes: WindowAttributes) {
  if (attributes.dilations.some((step) => step !== 1)) throw new Error('TensorFlow has no dilated pools');
  return windowOf(attributes);
}

/** All places of a window, row-major. */
function taps(kernel: readonly number[]): number[][] {
  return kernel.reduce<number[][]>(
    (before, size) => before.flatMap((tap) => Array.from({ length: size }, (_, place) => [...tap, place])),
    [[]],
  );
}
