/** GELU and its gradient in standard ONNX operators, by the error function, for any provider. */
import type { Lowering } from '../lowering.ts';
import type { OnnxGraph } from '../onnx-graph.ts';

export const lowerGelu: Lowering<'gelu'> = (context, node) => [context.onnx.node('Gelu', [context.input(node, 0)])];

/** Φ(x) + x · φ(x), with the normal distribution and its density. */
export const lowerGeluGradient: Lowering<'geluGradient'> = (context, node) => {
  const { onnx } = context;
  const [dy, x] = [context.input(node, 0), context.input(node, 1)];
  const exponent = onnx.node('Mul', [onnx.node('Mul', [x, x]), onnx.scalar(-0.5)]);
  const density = onnx.node('Mul', [onnx.node('Exp', [exponent]), onnx.scalar(1 / Math.sqrt(2 * Math.PI))]);
  const slope = onnx.node('Add', [distribution(onnx, x), onnx.node('Mul', [x, density])]);
  return [onnx.node('Mul', [dy, slope])];
};

function distribution(onnx: OnnxGraph, x: string): string {
  const erf = onnx.node('Erf', [onnx.node('Mul', [x, onnx.scalar(Math.SQRT1_2)])]);
  return onnx.node('Add', [onnx.node('Mul', [erf, onnx.scalar(0.5)]), onnx.scalar(0.5)]);
}
