/** Batch normalisation and its gradients in standard ONNX operators (Ioffe and Szegedy, 2015), for any provider. */
import { nth } from '../../../graph/op-definition.ts';
import type { Node, Shape } from '../../../graph/program.ts';
import { dimension, elementCount } from '../../../graph/program.ts';
import type { Lowering, LoweringContext } from '../lowering.ts';
import type { OnnxGraph } from '../onnx-graph.ts';

export const lowerBatchNormTraining: Lowering<'batchNormTraining'> = (context, node) => {
  const { onnx } = context;
  const x = context.input(node, 0);
  const { shape } = nth(node.inputs, 0);
  const axes = statisticsAxes(onnx, shape);
  const mean = onnx.node('ReduceMean', [x, axes], { keepdims: 1 });
  const centred = onnx.node('Sub', [x, mean]);
  const variance = onnx.node('ReduceMean', [onnx.node('Mul', [centred, centred]), axes], { keepdims: 0 });
  const flatMean = onnx.node('Reshape', [mean, onnx.integers([dimension(shape, 1)])]);
  const inputs = [x, context.input(node, 1), context.input(node, 2), flatMean, variance];
  const y = onnx.node('BatchNormalization', inputs, { epsilon: { float: node.attributes.epsilon } });
  return [y, flatMean, variance];
};

/** dx = A·dy + B·x + C per channel, after the two sums that the gradient through the statistics requires. */
export const lowerBatchNormTrainingGradient: Lowering<'batchNormTrainingGradient'> = (context, node) => {
  const { onnx } = context;
  const { shape } = nth(node.inputs, 1);
  const channels = dimension(shape, 1);
  const count = onnx.scalar(elementCount(shape) / channels);
  const [dy, x, scale, mean, variance] = fiveInputs(context, node);
  const inverse = inverseDeviation(onnx, variance, node.attributes.epsilon);
  const axes = statisticsAxes(onnx, shape);
  const dBias = onnx.node('ReduceSum', [dy, axes], { keepdims: 0 });
  const centred = onnx.node('Sub', [x, perChannel(onnx, mean, shape)]);
  const projection = onnx.node('ReduceSum', [onnx.node('Mul', [dy, centred]), axes], { keepdims: 0 });
  const dScale = onnx.node('Mul', [projection, inverse]);
  const a = onnx.node('Mul', [scale, inverse]);
  const b = onnx.node('Div', [onnx.node('Mul', [a, onnx.node('Mul', [inverse, dScale])]), count]);
  const c = onnx.node('Div', [onnx.node('Mul', [a, dBias]), count]);
  const fromDy = onnx.node('Mul', [dy, perChannel(onnx, a, shape)]);
  const fromX = onnx.node('Mul', [centred, perChannel(onnx, b, shape)]);
  const dx = onnx.node('Sub', [onnx.node('Sub', [fromDy, fromX]), perChannel(onnx, c, shape)]);
  return [dx, dScale, dBias];
};

export const lowerBatchNormInference: Lowering<'batchNormInference'> = (context, node) => [
  context.onnx.node('BatchNormalization', fiveInputs(context, node), { epsilon: { float: node.attributes.epsilon } }),
];

export const lowerBatchNormInferenceGradient: Lowering<'batchNormInferenceGradient'> = (context, node) => {
  const { onnx } = context;
  const { shape } = nth(node.inputs, 1);
  const [dy, x, scale, mean, variance] = fiveInputs(context, node);
  const inverse = inverseDeviation(onnx, variance, node.attributes.epsilon);
  const axes = statisticsAxes(onnx, shape);
  const centred = onnx.node('Sub', [x, perChannel(onnx, mean, shape)]);
  const projection = onnx.node('ReduceSum', [onnx.node('Mul', [dy, centred]), axes], { keepdims: 0 });
  const dx = onnx.node('Mul', [dy, perChannel(onnx, onnx.node('Mul', [scale, inverse]), shape)]);
  return [dx, onnx.node('Mul', [projection, inverse]), onnx.node('ReduceSum', [dy, axes], { keepdims: 0 })];
};

type FiveNames = [string, string, string, string, string];

export function fiveInputs(context: LoweringContext, node: Node): FiveNames {
  return [0, 1, 2, 3, 4].map((index) => context.input(node, index)) as FiveNames;
}

function inverseDeviation(onnx: OnnxGraph, variance: string, epsilon: number): string {
  return onnx.node('Reciprocal', [onnx.node('Sqrt', [onnx.node('Add', [variance, onnx.scalar(epsilon)])])]);
}

/** All axes except the channels. */
function statisticsAxes(onnx: OnnxGraph, shape: Shape): string {
  return onnx.integers(shape.flatMap((_, axis) => (axis === 1 ? [] : [axis])));
}

/** [C] → [1, C, 1, …], to broadcast over activations of `shape`. */
function perChannel(onnx: OnnxGraph, vector: string, shape: Shape): string {
  return onnx.node('Reshape', [vector, onnx.integers(shape.map((size, axis) => (axis === 1 ? size : 1)))]);
}
