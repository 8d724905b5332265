/**
 * Updates of state: all tensors that change by the same rule are updated in one launch, however many there are. A table
 * on the card gives the addresses of each tensor's parts.
 */
import { nth } from '../../../graph/op-definition.ts';
import { type AnyNode, elementCount, type Node, type Value } from '../../../graph/program.ts';
import type { Memory, TableWord } from '../memory.ts';
import { type Argument, float, int, memory, type PlanBuilder, THREADS } from '../plan.ts';
import { type UpdateKind, updateKinds } from './lowering.ts';
import { floatBits, pair, piecesOf } from './tables.ts';

const MOST_INPUTS = 5;
const MOST_OUTPUTS = 4;

export type UpdateNode = Extract<AnyNode, { kind: UpdateKind }>;

export function isUpdate(node: AnyNode): node is UpdateNode {
  return (updateKinds as readonly string[]).includes(node.kind);
}

interface UpdateRule<Kind extends UpdateKind> {
  readonly kernel: string;
  /** The inputs that have an element for each element of the tensor. */
  readonly inputs: readonly number[];
  /** Which of these inputs each output replaces. */
  readonly states: readonly number[];
  /** The parameter that differs between tensors: it multiplies the rate, or the value being averaged. */
  factor(attributes: Node<Kind>['attributes']): number;
  /**
   * The parameters common to all tensors; `shared` returns how one of the node's inputs is held, undefined if it has
   * none.
   */
  shared(attributes: Node<Kind>['attributes'], shared: (input: number) => Argument): readonly Argument[];
}

const rules: { readonly [Kind in UpdateKind]: UpdateRule<Kind> } = {
  sgdUpdate: {
    kernel: 'sgd_update',
    inputs: [0, 1, 2],
    states: [0, 2],
    factor: ({ rateFactor = 1 }) => rateFactor,
    shared: ({ momentum, weightDecay, nesterov }, shared) => [
      shared(3),
      ...[float(momentum), float(weightDecay), int(Number(nesterov))],
    ],
  },
  sgdAccumulate: {
    kernel: 'sgd_accumulate',
    inputs: [0, 1, 2, 3],
    states: [0, 2, 3],
    factor: ({ rateFactor = 1 }) => rateFactor,
    shared: ({ momentum, weightDecay, nesterov }, shared) => [
      ...[shared(4), shared(5)],
      ...[float(momentum), float(weightDecay), int(Number(nesterov))],
    ],
  },
  adamwUpdate: {
    kernel: 'adamw_update',
    inputs: [0, 1, 2, 3, 7],
    states: [0, 2, 3, 7],
    factor: ({ rateFactor = 1 }) => rateFactor,
    shared: ({ firstDecay, secondDecay, epsilon, weightDecay }, shared) => [
      ...[shared(4), shared(5), shared(6), shared(8)],
      ...[float(firstDecay), float(secondDecay), float(epsilon), float(weightDecay)],
    ],
  },
  exponentialAverage: {
    kernel: 'exponential_average',
    inputs: [0, 1],
    states: [0],
    factor: ({ correction }) => correction,
    shared: ({ rate }, shared) => [shared(2), float(rate)],
  },
};

function ruleOf(node: UpdateNode): UpdateRule<UpdateKind> {
  // A node's rule takes that node's attributes; TypeScript cannot follow that through the table.
  return rules[node.kind] as UpdateRule<UpdateKind>;
}

/** The inputs whose next values are the outputs, in order. */
export function updatedInputs(node: UpdateNode): Value[] {
  return ruleOf(node)
    .states.filter((input) => input < node.inputs.length)
    .map((input) => nth(node.inputs, input));
}

/** Nodes with the same key update their tensors in one launch. */
export function updateKey(node: UpdateNode): string {
  const rule = ruleOf(node);
  const others = node.inputs.filter((_, index) => !rule.inputs.includes(index)).map(({ id }) => id);
  return JSON.stringify([node.kind, rule.shared(node.attributes, () => memory(undefined)), others]);
}

/** @param placeOf where an output of a node is written, possibly the memory of its state */
export function lowerUpdates(
  plan: PlanBuilder,
  nodes: readonly UpdateNode[],
  placeOf: (node: UpdateNode, output: number) => Memory,
): void {
  const first = nth(nodes, 0);
  const rule = ruleOf(first);
  const words: TableWord[] = [];
  const pieces: bigint[] = [];
  for (const [index, node] of nodes.entries()) {
    const count = elementCount(nth(node.inputs, 0).shape);
    const own = rule.inputs.filter((input) => input < node.inputs.length);
    const read = own.map((input) => plan.logical(nth(node.inputs, input)));
    const written = node.outputs.map((_, output) => placeOf(node, output));
    for (const [output, place] of written.entries()) plan.bind(nth(node.outputs, output), { logical: place });
    words.push(...filledUp(read, MOST_INPUTS), ...filledUp(written, MOST_OUTPUTS));
    words.push(pair(count, floatBits(rule.factor(node.attributes))));
    pieces.push(...piecesOf(index, count));
  }
  const shared = (input: number) => {
    const value = first.inputs[input];
    return memory(value && plan.logical(value));
  };
  const tables = [memory(plan.table(words)), memory(plan.table(pieces))];
  plan.launch(rule.kernel, [pieces.length], THREADS, [...tables, ...rule.shared(first.attributes, shared)]);
}

function filledUp(places: readonly Memory[], count: number): TableWord[] {
  return Array.from({ length: count }, (_, index) => places[index] ?? 0n);
}
