/**
 * Batch normalisation in training and its gradient, with means over images and positions that read the data in its own
 * layout (`channelMeans`), and with the provider's own normalisation for everything that is affine per channel: its
 * vectors need no transposition, and four passes become one.
 */
import { nth } from '../../../graph/op-definition.ts';
import { dimension, elementCount, type Shape } from '../../../graph/program.ts';
import type { Lowering } from '../lowering.ts';
import type { OnnxGraph } from '../onnx-graph.ts';
import { fiveInputs } from '../plain/batch-norm.ts';
import { channelMeans } from './means.ts';

export const lowerBatchNormTrainingOnDevice: Lowering<'batchNormTraining'> = (context, node) => {
  const { onnx } = context;
  const [x, scale, bias] = [0, 1, 2].map((index) => context.input(node, index)) as [string, string, string];
  const { shape } = nth(node.inputs, 0);
  const mean = channelMeans(onnx, x, shape);
  const one = every(onnx, shape, 1);
  const centred = affine(onnx, x, { scale: one, bias: every(onnx, shape, 0), mean, variance: one }, 0);
  const variance = channelMeans(onnx, onnx.node('Mul', [centred, centred]), shape);
  return [affine(onnx, x, { scale, bias, mean, variance }, node.attributes.epsilon), mean, variance];
};

/** dx = scale / deviation · (dy − mean(dy) − normalised · mean(dy · normalised)), means over each channel. */
export const lowerBatchNormTrainingGradientOnDevice: Lowering<'batchNormTrainingGradient'> = (context, node) => {
  const { onnx } = context;
  const { shape } = nth(node.inputs, 1);
  const { epsilon } = node.attributes;
  const [dy, x, scale, mean, variance] = fiveInputs(context, node);
  const bias = every(onnx, shape, 0);
  const normalised = affine(onnx, x, { scale: every(onnx, shape, 1), bias, mean, variance }, epsilon);
  const meanDy = channelMeans(onnx, dy, shape);
  const projection = channelMeans(onnx, onnx.node('Mul', [dy, normalised]), shape);
  const fromX = affine(onnx, x, { scale: projection, bias, mean, variance }, epsilon);
  const dx = affine(onnx, onnx.node('Sub', [dy, fromX]), { scale, bias, mean: meanDy, variance }, epsilon);
  const count = onnx.scalar(elementCount(shape) / dimension(shape, 1));
  return [dx, onnx.node('Mul', [projection, count]), onnx.node('Mul', [meanDy, count])];
};

interface ChannelVectors {
  readonly scale: string;
  readonly bias: string;
  readonly mean: string;
  readonly variance: string;
}

/** scale · (x − mean) / √(variance + epsilon) + bias, each of them [C]. */
function affine(onnx: OnnxGraph, x: string, { scale, bias, mean, variance }: ChannelVectors, epsilon: number): string {
  return onnx.node('BatchNormalization', [x, scale, bias, mean, variance], { epsilon: { float: epsilon } });
}

/** A vector [C] filled with one value, for a tensor [N, C, ...]. */
function every(onnx: OnnxGraph, shape: Shape, value: number): string {
  const channels = dimension(shape, 1);
  return onnx.sharedTensor(`every:${channels}:${value}`, [channels], () => new Float32Array(channels).fill(value));
}
