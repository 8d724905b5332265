/** Operations that rearrange or repeat elements, in standard ONNX operators, for any provider. */
import { nth } from '../../../graph/op-definition.ts';
import type { Lowering } from '../lowering.ts';

export const lowerTranspose: Lowering<'transpose'> = (context, node) => [
  context.onnx.node('Transpose', [context.input(node, 0)], { perm: node.attributes.order }),
];

export const lowerBroadcastAdd: Lowering<'broadcastAdd'> = (context, node) => [
  context.onnx.node('Add', [context.input(node, 0), context.input(node, 1)]),
];

export const lowerMultiply: Lowering<'multiply'> = (context, node) => [
  context.onnx.node('Mul', [context.input(node, 0), context.input(node, 1)]),
];

export const lowerConcat: Lowering<'concat'> = (context, node) => {
  const inputs = node.inputs.map((input) => context.name(input));
  return [context.onnx.node('Concat', inputs, { axis: node.attributes.axis })];
};

export const lowerSplit: Lowering<'split'> = (context, node) => {
  const { axis, sizes } = node.attributes;
  const inputs = [context.input(node, 0), context.onnx.integers(sizes)];
  return context.onnx.nodes('Split', inputs, { axis }, { outputs: sizes.length });
};

export const lowerPad: Lowering<'pad'> = (context, node) => {
  const { onnx } = context;
  const { axis, before, after } = node.attributes;
  const along = (size: number) => nth(node.inputs, 0).shape.map((_, place) => (place === axis ? size : 0));
  return [
    onnx.node('Pad', [context.input(node, 0), onnx.integers([...along(before), ...along(after)]), onnx.scalar(0)]),
  ];
};
