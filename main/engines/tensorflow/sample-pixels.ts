/** Samples parts of images by matrix products, as `onnxruntime/plain/sample-pixels.ts` explains. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { nth } from '../../graph/op-definition.ts';
import { dimension, elementCount } from '../../graph/program.ts';
import { type ViewLine, viewLines } from '../../view-lines.ts';
import type { Lowering } from './lowering.ts';

export const lowerSamplePixels: Lowering<'samplePixels'> = (context, node) => {
  const { tf } = context;
  const { scale, shift } = node.attributes;
  const [pixels, views] = [nth(node.inputs, 0), context.logical(nth(node.inputs, 1))];
  const size = dimension(nth(node.inputs, 1).shape, 2);
  const [batch, side] = [dimension(pixels.shape, 0), dimension(pixels.shape, pixels.shape.length - 2)];
  const frames = elementCount(pixels.shape.slice(1, -3));
  const line = (name: ViewLine, shape: number[]) =>
    tf.reshape(tf.slice(views, [0, viewLines.indexOf(name), 0], [batch, 1, size]), shape);
  const shares = (places: Tensor) => tf.relu(tf.sub(1, tf.abs(tf.sub(places, tf.range(0, side)))));
  const rows = tf.tile(shares(line('rows', [batch, 1, size, 1])), [1, frames, 1, 1]);
  const columns = shares(line('columns', [batch, size, 1]));

  const levels = tf.cast(context.logical(pixels), 'float32');
  const sampledRows = tf.matMul(rows, tf.reshape(levels, [batch, frames, side, side * 3]));
  const planes = tf.transpose(tf.reshape(sampledRows, [batch, frames * size, side, 3]), [0, 3, 1, 2]);
  const flat = tf.reshape(planes, [batch, 3 * frames * size, side]);
  const sampled = tf.reshape(tf.matMul(flat, columns, false, true), [batch, 3, frames, size, size]);

  const perChannel = (values: readonly number[]) => tf.tensor([...values], [1, 3, 1, 1, 1]);
  const shown = tf.add(tf.mul(sampled, perChannel(scale)), perChannel(shift));
  const crossing = tf.mul(line('erasedRows', [batch, 1, 1, size, 1]), line('erasedColumns', [batch, 1, 1, 1, size]));
  return [{ logical: tf.reshape(tf.mul(shown, tf.sub(1, crossing)), [...nth(node.outputs, 0).shape]) }];
};
