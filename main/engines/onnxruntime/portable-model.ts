/**
 * An inference program as an ONNX model for other programs: standard operators, embedded weights, human-readable names,
 * a description, and any batch size, whatever batch the program was built for.
 */
import type { Program, Value } from '../../graph/program.ts';
import type { Tensors } from '../engine.ts';
import { type Lowering, LoweringContext, type LoweringTable, lowerProgram } from './lowering.ts';
import type { OpenShape } from './onnx-graph.ts';
import { plainLowerings } from './plain/plain-lowerings.ts';

class NamedContext extends LoweringContext {
  override inputName(name: string): string {
    return name;
  }

  override outputName(name: string, made: string): string {
    return this.onnx.named(name, made);
  }

  override declaredShape({ shape }: Value): OpenShape {
    return ['batch', ...shape.slice(1)];
  }
}

/**
 * Of the operations used in inference, these are the ones whose usual lowering writes the batch size into the model.
 */
const globalAveragePoolOfAnyBatch: Lowering<'globalAveragePool'> = (context, node) => [
  context.onnx.node('Flatten', [context.onnx.node('GlobalAveragePool', [context.input(node, 0)])], { axis: 1 }),
];

/**
 * Reshaping keeps the batch in the first axis, alone or multiplied by other axes that become rows; weights have no
 * batch.
 */
const reshapeOfAnyBatch: Lowering<'reshape'> = (context, node) => {
  const [, ...rest] = node.attributes.shape;
  return [context.onnx.node('Reshape', [context.input(node, 0), context.onnx.integers([-1, ...rest])])];
};

const anyBatch = {
  ...plainLowerings,
  globalAveragePool: globalAveragePoolOfAnyBatch,
  reshape: reshapeOfAnyBatch,
} satisfies LoweringTable;

/** `program` has no state that changes; the first dimension of its inputs and outputs is the batch. */
export function portableModel(
  program: Program,
  weights: Tensors,
  description: Readonly<Record<string, string>>,
): Uint8Array {
  const context = new NamedContext();
  for (const [key, value] of Object.entries(description)) context.onnx.describe(key, value);
  return lowerProgram(program, context, anyBatch, weights).model;
}
