/** The provider has no LogSoftmax: left to the processor, it would split every training step in two. */
import type { Lowering } from '../lowering.ts';
import { crossEntropy } from '../plain/loss.ts';

export const lowerCrossEntropyOnDevice: Lowering<'softmaxCrossEntropy'> = (context, node) => {
  const { onnx } = context;
  const logits = context.input(node, 0);
  const overClasses = () => onnx.integers([1]);
  const shifted = onnx.node('Sub', [logits, onnx.node('ReduceMax', [logits, overClasses()], { keepdims: 1 })]);
  const sums = onnx.node('ReduceSum', [onnx.node('Exp', [shifted]), overClasses()], { keepdims: 1 });
  return [crossEntropy(context, node, onnx.node('Sub', [shifted, onnx.node('Log', [sums])]))];
};
