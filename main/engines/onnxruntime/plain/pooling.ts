/** Pooling and its gradients in standard ONNX operators, for any provider. */
import { nth } from '../../../graph/op-definition.ts';
import type { WindowAttributes } from '../../../graph/ops/window.ts';
import { dimension, elementCount } from '../../../graph/program.ts';
import type { Lowering } from '../lowering.ts';

export const lowerMaxPool: Lowering<'maxPool'> = (context, node) => [
  context.onnx.node('MaxPool', [context.input(node, 0)], window(node.attributes)),
];

/** MaxPool returns the flat index of each window's maximum, the first one on a tie; dy is accumulated there. */
export const lowerMaxPoolGradient: Lowering<'maxPoolGradient'> = (context, node) => {
  const { onnx } = context;
  const { shape } = nth(node.inputs, 1);
  const everything = onnx.integers([-1]);
  const [, places] = onnx.nodes('MaxPool', [context.input(node, 1)], window(node.attributes), { outputs: 2 });
  const zeros = onnx.node('Expand', [onnx.scalar(0), onnx.integers([elementCount(shape)])]);
  const flatPlaces = onnx.node('Reshape', [places ?? '', everything]);
  const flatGradient = onnx.node('Reshape', [context.input(node, 0), everything]);
  const scattered = onnx.node('ScatterElements', [zeros, flatPlaces, flatGradient], { axis: 0, reduction: 'add' });
  return [onnx.node('Reshape', [scattered, onnx.integers(shape)])];
};

export const lowerAveragePool: Lowering<'averagePool'> = (context, node) => [
  context.onnx.node('AveragePool', [context.input(node, 0)], { ...window(node.attributes), count_include_pad: 1 }),
];

/** Spreading each dy evenly over its window is a transposed depthwise convolution with a constant kernel. */
export const lowerAveragePoolGradient: Lowering<'averagePoolGradient'> = (context, node) => {
  const { onnx } = context;
  const { kernel, strides, padding, dilations, inputShape } = node.attributes;
  const channels = dimension(inputShape, 1);
  const kernelShape = [channels, 1, ...kernel];
  const share = new Float32Array(elementCount(kernelShape)).fill(1 / elementCount(kernel));
  const out = nth(node.inputs, 0).shape.slice(2);
  const outputPadding = inputShape.slice(2).map((size, axis) => {
    const reach = dimension(dilations, axis) * (dimension(kernel, axis) - 1) + 1;
    return size + 2 * dimension(padding, axis) - ((dimension(out, axis) - 1) * dimension(strides, axis) + reach);
  });
  const attributes = { ...window(node.attributes), group: channels, output_padding: outputPadding };
  return [onnx.node('ConvTranspose', [context.input(node, 0), onnx.tensor(kernelShape, share)], attributes)];
};

export const lowerGlobalAveragePool: Lowering<'globalAveragePool'> = (context, node) => {
  const { onnx } = context;
  const [output] = node.outputs;
  const pooled = onnx.node('GlobalAveragePool', [context.input(node, 0)]);
  return [onnx.node('Reshape', [pooled, onnx.integers(output?.shape ?? [])])];
};

export const lowerGlobalAveragePoolGradient: Lowering<'globalAveragePoolGradient'> = (context, node) => {
  const { onnx } = context;
  const { inputShape } = node.attributes;
  const perChannel = onnx.integers(inputShape.map((size, axis) => (axis < 2 ? size : 1)));
  const share = onnx.node('Mul', [context.input(node, 0), onnx.scalar(1 / elementCount(inputShape.slice(2)))]);
  return [onnx.node('Expand', [onnx.node('Reshape', [share, perChannel]), onnx.integers(inputShape)])];
};

function window({ kernel, strides, padding, dilations }: WindowAttributes) {
  return { kernel_shape: kernel, strides, pads: [...padding, ...padding], dilations };
}
