/** Layer normalisation and its gradients in standard ONNX operators (Ba et al., 2016), for any provider. */
import { nth } from '../../../graph/op-definition.ts';
import { dimension, elementCount } from '../../../graph/program.ts';
import type { Lowering } from '../lowering.ts';

export const lowerLayerNorm: Lowering<'layerNorm'> = (context, node) => {
  const inputs = [0, 1, 2].map((index) => context.input(node, index));
  return [context.onnx.node('LayerNormalization', inputs, attributesOf(node.attributes.epsilon))];
};

/**
 * dx = (g − mean(g) − x̂ · mean(g · x̂)) / σ with g = dy · scale, means over each row. Sums over rows or columns are
 * computed as matrix products.
 */
export const lowerLayerNormGradient: Lowering<'layerNormGradient'> = (context, node) => {
  const { onnx } = context;
  const { shape } = nth(node.inputs, 1);
  const channels = dimension(shape, shape.length - 1);
  const rows = elementCount(shape) / channels;
  const matrix = (index: number) => onnx.node('Reshape', [context.input(node, index), onnx.integers([rows, channels])]);
  const [dy, x, scale] = [matrix(0), matrix(1), context.input(node, 2)];
  const one = onnx.sharedTensor(`ones:${channels}`, [channels], () => new Float32Array(channels).fill(1));
  const outputs = onnx.nodes('LayerNormalization', [x, one], attributesOf(node.attributes.epsilon), { outputs: 3 });
  const [normal, inverse] = [nth(outputs, 0), nth(outputs, 2)];

  const projection = onnx.node('Mul', [dy, normal]);
  const share = onnx.node('Reshape', [
    onnx.node('Mul', [scale, onnx.scalar(1 / channels)]),
    onnx.integers([channels, 1]),
  ]);
  const meanOfRow = (tensor: string) => onnx.node('MatMul', [tensor, share]);
  const fromMean = onnx.node('Sub', [onnx.node('Mul', [dy, scale]), meanOfRow(dy)]);
  const fromVariance = onnx.node('Mul', [normal, meanOfRow(projection)]);
  const dx = onnx.node('Mul', [onnx.node('Sub', [fromMean, fromVariance]), inverse]);

  const ones = onnx.sharedTensor(`ones:1,${rows}`, [1, rows], () => new Float32Array(rows).fill(1));
  const sumOfColumns = (tensor: string) =>
    onnx.node('Reshape', [onnx.node('MatMul', [ones, tensor]), onnx.integers([channels])]);
  return [onnx.node('Reshape', [dx, onnx.integers(shape)]), sumOfColumns(projection), sumOfColumns(dy)];
};

const attributesOf = (epsilon: number) => ({ axis: -1, epsilon: { float: epsilon } });
