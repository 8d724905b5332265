/** Softmax, cross-entropy and their gradients in standard ONNX operators, for any provider. */
import { nth } from '../../../graph/op-definition.ts';
import type { Node, Value } from '../../../graph/program.ts';
import { dimension } from '../../../graph/program.ts';
import type { Lowering, LoweringContext } from '../lowering.ts';

export const lowerSoftmax: Lowering<'softmax'> = (context, node) => [
  context.onnx.node('Softmax', [context.input(node, 0)], { axis: lastAxis(node) }),
];

export const lowerSoftmaxGradient: Lowering<'softmaxGradient'> = (context, node) => {
  const { onnx } = context;
  const [dy, y] = [context.input(node, 0), context.input(node, 1)];
  const projection = onnx.node('ReduceSum', [onnx.node('Mul', [dy, y]), onnx.integers([lastAxis(node)])], {
    keepdims: 1,
  });
  return [onnx.node('Mul', [y, onnx.node('Sub', [dy, projection])])];
};

const lastAxis = ({ inputs }: Node): number => nth(inputs, 0).shape.length - 1;

export const lowerSoftmaxCrossEntropy: Lowering<'softmaxCrossEntropy'> = (context, node) => [
  crossEntropy(context, node, context.onnx.node('LogSoftmax', [context.input(node, 0)], { axis: 1 })),
];

/** Computed from log-probabilities. */
export function crossEntropy(context: LoweringContext, node: Node<'softmaxCrossEntropy'>, logarithms: string): string {
  const { onnx } = context;
  const products = onnx.node('Mul', [logarithms, smoothedTargets(context, node, 0)]);
  const sum = onnx.node('ReduceSum', [products, onnx.integers([0, 1])], { keepdims: 0 });
  return onnx.node('Mul', [sum, onnx.scalar(-1 / dimension(nth(node.inputs, 0).shape, 0))]);
}

export const lowerCountCorrect: Lowering<'countCorrect'> = (context, node) => {
  const { onnx } = context;
  const logits = context.input(node, 0);
  const [batch, classes] = nth(node.inputs, 0).shape as [number, number];
  const own = onnx.node('Mul', [logits, oneHot(context, nth(node.inputs, 1), batch, classes)]);
  const ofOwn = onnx.node('ReduceSum', [own, onnx.integers([1])], { keepdims: 0 });
  const largest = onnx.node('ReduceMax', [logits, onnx.integers([1])], { keepdims: 0 });
  const correct = onnx.node('Cast', [onnx.node('Equal', [ofOwn, largest])], { to: 1 });
  return [onnx.node('ReduceSum', [correct, onnx.integers([0])], { keepdims: 0 })];
};

export const lowerSoftmaxCrossEntropyGradient: Lowering<'softmaxCrossEntropyGradient'> = (context, node) => {
  const { onnx } = context;
  const probabilities = onnx.node('Softmax', [context.input(node, 1)], { axis: 1 });
  const difference = onnx.node('Sub', [probabilities, smoothedTargets(context, node, 1)]);
  const share = onnx.node('Mul', [context.input(node, 0), onnx.scalar(1 / dimension(nth(node.inputs, 1).shape, 0))]);
  return [onnx.node('Mul', [difference, share])];
};

/** The targets as distributions [N, C]; logits are the node's input `logitsIndex`, targets the one after it. */
function smoothedTargets(
  context: LoweringContext,
  node: Node<'softmaxCrossEntropy' | 'softmaxCrossEntropyGradient'>,
  logitsIndex: number,
): string {
  const { onnx } = context;
  const [batch, classes] = nth(node.inputs, logitsIndex).shape as [number, number];
  const targets = nth(node.inputs, logitsIndex + 1);
  const { labelSmoothing } = node.attributes;
  const distribution = targets.dtype === 'float32' ? context.name(targets) : oneHot(context, targets, batch, classes);
  if (labelSmoothing === 0) return distribution;
  const kept = onnx.node('Mul', [distribution, onnx.scalar(1 - labelSmoothing)]);
  return onnx.node('Add', [kept, onnx.scalar(labelSmoothing / classes)]);
}

/** Comparing with 0 … C − 1 is a one-hot encoding that every provider supports. */
function oneHot(context: LoweringContext, classIds: Value, batch: number, classes: number): string {
  const { onnx } = context;
  const column = onnx.node('Reshape', [context.name(classIds), onnx.integers([batch, 1])]);
  const row = onnx.tensor(
    [1, classes],
    Int32Array.from({ length: classes }, (_, index) => index),
  );
  return onnx.node('Cast', [onnx.node('Equal', [column, row])], { to: 1 });
}
