/** Batch normalisation in the blocked layout: the affine part is deferred, to be done in one pass with what follows. */
import { nth } from '../../../graph/op-definition.ts';
import { dimension, elementCount } from '../../../graph/program.ts';
import type { Lowering } from '../lowering.ts';
import { lowerBatchNormTraining, lowerBatchNormTrainingGradient } from '../plain/batch-norm.ts';
import { asGains, type BlockedContext } from './blocked-context.ts';

/** The variance is that of the centred values: E[x²] − E[x]² would lose float32's precision. */
export const lowerBlockedBatchNormTraining: Lowering<'batchNormTraining', BlockedContext> = (context, node) => {
  const [x, y, meanValue] = [nth(node.inputs, 0), nth(node.outputs, 0), nth(node.outputs, 1)];
  if (!context.fits(x)) return lowerBatchNormTraining(context, node);
  const { onnx } = context;
  const [batch, channels] = [dimension(x.shape, 0), dimension(x.shape, 1)];
  const image = context.blocked(x);
  const mean = context.channelMean(image, batch, channels);
  const centred = context.affine(image, channels, context.gains(channels, 1), { bias: onnx.node('Neg', [mean]) });
  const variance = context.channelMean(onnx.node('Mul', [centred, centred]), batch, channels);
  const deviation = onnx.node('Sqrt', [onnx.node('Add', [variance, onnx.scalar(node.attributes.epsilon)])]);
  const inverse = onnx.node('Reciprocal', [deviation]);
  const gain = onnx.node('Mul', [context.input(node, 1), inverse]);
  const bias = context.input(node, 2);
  context.normalised.set(meanValue.id, { centred, inverse, gain });
  context.bindPending(y, {
    kind: 'affine',
    emit: (sum, relu) => context.affine(centred, channels, asGains(context, gain, channels), { bias, sum }, relu),
  });
  return [undefined, mean, variance];
};

/** dx = gain·dy − (gain·inverse²·mean(dy·centred))·centred − gain·mean(dy), in two passes. */
export const lowerBlockedBatchNormTrainingGradient: Lowering<'batchNormTrainingGradient', BlockedContext> = (
  context,
  node,
) => {
  const [dy, dx, meanValue] = [nth(node.inputs, 0), nth(node.outputs, 0), nth(node.inputs, 3)];
  const kept = context.normalised.get(meanValue.id);
  if (!kept) return lowerBatchNormTrainingGradient(context, node);
  const { onnx } = context;
  const { centred, inverse, gain } = kept;
  const [batch, channels] = [dimension(dx.shape, 0), dimension(dx.shape, 1)];
  const count = onnx.scalar(elementCount(dx.shape) / channels);
  const gradient = context.blocked(dy);
  const meanGradient = context.channelMean(gradient, batch, channels);
  const meanProduct = context.channelMean(onnx.node('Mul', [gradient, centred]), batch, channels);
  const projected = onnx.node('Mul', [meanProduct, inverse]);
  const ofCentred = onnx.node('Mul', [onnx.node('Neg', [gain]), onnx.node('Mul', [projected, inverse])]);
  const constant = onnx.node('Neg', [onnx.node('Mul', [gain, meanGradient])]);
  const rest = context.affine(centred, channels, asGains(context, ofCentred, channels), { bias: constant });
  context.bindBlocked(dx, context.affine(gradient, channels, asGains(context, gain, channels), { sum: rest }));
  return [undefined, onnx.node('Mul', [projected, count]), onnx.node('Mul', [meanGradient, count])];
};
