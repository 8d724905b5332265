/**
 * Reverse-mode differentiation, graph to graph: the gradient of a scalar is more operations in the same program, so an
 * engine never knows that it is training.
 */
import type { GraphBuilder } from './graph-builder.ts';
import type { OpDefinition } from './op-definition.ts';
import { add } from './ops/add.ts';
import { constant } from './ops/constant.ts';
import { operations } from './ops/operations.ts';
import type { AnyNode, Value } from './program.ts';

/**
 * Appends the gradients of `weight` · `loss` (shape []) with respect to each of `parameters` to the graph. Throws if a
 * parameter does not affect the loss, or does so through an operation without a gradient.
 */
export function gradients(graph: GraphBuilder, loss: Value, parameters: readonly Value[], weight = 1): Value[] {
  const forward = [...graph.nodes];
  const dependent = reachableFrom(forward, parameters);
  const known = new Map<number, Value>();
  known.set(loss.id, graph.applyOne(constant, [], { shape: loss.shape, value: weight }));

  for (const node of forward.reverse()) {
    const outputGradients = node.outputs.map((output) => known.get(output.id));
    const wanted = node.inputs.map((input) => dependent.has(input.id));
    if (outputGradients.every((gradient) => gradient === undefined) || !wanted.includes(true)) continue;
    const made = differentiate(graph, node, outputGradients, wanted);
    node.inputs.forEach((input, index) => {
      const gradient = made[index];
      if (!gradient || !wanted[index]) return;
      const before = known.get(input.id);
      known.set(input.id, before ? graph.applyOne(add, [before, gradient], {}) : gradient);
    });
  }

  return parameters.map((parameter) => {
    const gradient = known.get(parameter.id);
    if (!gradient) throw new Error(`the loss does not depend on the tensor ${parameter.id}`);
    return gradient;
  });
}

/** The ids of all values computed from `roots`, including the roots. */
function reachableFrom(nodes: readonly AnyNode[], roots: readonly Value[]): Set<number> {
  const reached = new Set(roots.map((root) => root.id));
  for (const node of nodes) {
    if (node.inputs.some((input) => reached.has(input.id))) for (const output of node.outputs) reached.add(output.id);
  }
  return reached;
}

function differentiate(
  graph: GraphBuilder,
  node: AnyNode,
  outputGradients: readonly (Value | undefined)[],
  wanted: readonly boolean[],
): readonly (Value | undefined)[] {
  // A node's attributes always belong to its own kind's definition; TypeScript cannot follow that through the table.
  const definition = operations[node.kind] as OpDefinition<string, unknown>;
  if (!definition.gradient) throw new Error(`${node.kind} cannot be differentiated`);
  const { inputs, outputs, attributes } = node;
  return definition.gradient({ graph, inputs, outputs, attributes, outputGradients, wanted });
}
