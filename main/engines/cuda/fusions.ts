/**
 * Fusions: parts of a program that a neighbour's kernel does in passing, so that an activation is not written and read
 * again. Found by pattern, and by which other nodes read the values in between.
 *
 * - a batch norm with fixed statistics that is the only reader of a convolution is folded into its weights, and the
 *   convolution produces the result, including an addition and a ReLU that follow;
 * - any other batch norm whose result is read only by a ReLU, perhaps after an addition, produces the ReLU's result;
 * - a ReLU's gradient read only by a batch norm's gradient is applied while the batch norm reads it;
 * - a convolution computes the moments of its results for a batch norm of the batch that reads them;
 * - the gradient of a convolution's input that is only added to another gradient is added before it is written.
 */
import { nth } from '../../graph/op-definition.ts';
import type { AnyNode, Node, Program, Value } from '../../graph/program.ts';

export type Normalisation = Node<'batchNormTraining'> | Node<'batchNormInference'>;

export type NormalisationGradient = Node<'batchNormTrainingGradient'> | Node<'batchNormInferenceGradient'>;

export interface RectifiedNormalisation {
  readonly normalisation: Normalisation;
  readonly added: Value | undefined;
}

export interface FoldedNormalisation extends RectifiedNormalisation {
  readonly conv: Node<'conv'>;
  readonly normalisation: Node<'batchNormInference'>;
  readonly rectified: boolean;
}

export interface MaskedGradient {
  readonly node: NormalisationGradient;
  readonly dy: Value;
  /** The result of the ReLU whose gradient still has to be applied to dy. */
  readonly rectified: Value;
}

export interface AccumulatedGradient {
  readonly node: Node<'convInputGradient'>;
  readonly added: Value;
  readonly sum: Value;
}

export interface Fusions {
  /** Keyed by the node that produces the result: the batch norm itself, or the ReLU after it. */
  readonly folded: ReadonlyMap<AnyNode, FoldedNormalisation>;
  /** Keyed by the ReLU that produces the result. */
  readonly rectified: ReadonlyMap<AnyNode, RectifiedNormalisation>;
  /** Keyed by the batch norm's gradient. */
  readonly masked: ReadonlyMap<AnyNode, MaskedGradient>;
  /** Keyed by the gradient that the other one is added to. */
  readonly accumulated: ReadonlyMap<AnyNode, AccumulatedGradient>;
  /** Convolutions that also compute the moments of their results. */
  readonly measured: ReadonlySet<AnyNode>;
  /** Nodes done by others; for a batch norm, its statistics still have to be computed. */
  readonly passedOver: ReadonlySet<AnyNode>;
}

export function findFusions(program: Program): Fusions {
  const readers = readersOf(program);
  const places = new Map(program.nodes.map((node, place) => [node, place]));
  const makers = new Map(program.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const folded = new Map<AnyNode, FoldedNormalisation>();
  const rectified = new Map<AnyNode, RectifiedNormalisation>();
  const masked = new Map<AnyNode, MaskedGradient>();
  const accumulated = new Map<AnyNode, AccumulatedGradient>();
  const measured = new Set<AnyNode>();
  const passedOver = new Set<AnyNode>();
  /** The node that produces the value, if nobody else reads the value. */
  const soleMaker = (value: Value) => (readers.get(value)?.length === 1 ? makers.get(value) : undefined);

  for (const node of program.nodes) {
    const made = node.kind === 'batchNormTraining' ? makers.get(nth(node.inputs, 0)) : undefined;
    if (made?.kind === 'conv') measured.add(made);
    if (node.kind === 'relu') {
      const before = soleMaker(nth(node.inputs, 0));
      if (before && isNormalisation(before)) {
        rectified.set(node, { normalisation: before, added: undefined });
        passedOver.add(before);
      } else if (before?.kind === 'add') {
        const [first, second] = [nth(before.inputs, 0), nth(before.inputs, 1)];
        const normalisation = soleMaker(first);
        if (first === second || !normalisation || !isNormalisation(normalisation)) continue;
        rectified.set(node, { normalisation, added: second });
        passedOver.add(before).add(normalisation);
      }
    } else if (node.kind === 'batchNormTrainingGradient' || node.kind === 'batchNormInferenceGradient') {
      const before = soleMaker(nth(node.inputs, 0));
      if (before?.kind !== 'reluGradient') continue;
      masked.set(node, { node, dy: nth(before.inputs, 0), rectified: nth(before.inputs, 1) });
      passedOver.add(before);
    } else if (node.kind === 'add') {
      const [added, gradient] = [nth(node.inputs, 0), nth(node.inputs, 1)];
      const before = soleMaker(gradient);
      if (added === gradient || before?.kind !== 'convInputGradient') continue;
      const maker = makers.get(added);
      if (maker && (places.get(maker) ?? 0) > (places.get(before) ?? 0)) continue;
      accumulated.set(before, { node: before, added, sum: nth(node.outputs, 0) });
      passedOver.add(node);
    }
  }
  for (const node of program.nodes) {
    const { normalisation, added } = rectified.get(node) ?? { normalisation: node, added: undefined };
    if (normalisation.kind !== 'batchNormInference' || passedOver.has(node)) continue;
    const conv = soleMaker(nth(normalisation.inputs, 0));
    if (conv?.kind !== 'conv') continue;
    folded.set(node, { conv, normalisation, added, rectified: rectified.has(node) });
    rectified.delete(node);
    passedOver.add(conv);
  }
  return { folded, rectified, masked, accumulated, measured, passedOver };
}

export function isNormalisation(node: AnyNode): node is Normalisation {
  return node.kind === 'batchNormTraining' || node.kind === 'batchNormInference';
}

/** All readers of each value, once per use; a value that leaves the program has a reader there too. */
function readersOf({ nodes, outputs, state }: Program): Map<Value, (AnyNode | undefined)[]> {
  const readers = new Map<Value, (AnyNode | undefined)[]>();
  const read = (value: Value, by: AnyNode | undefined) => readers.set(value, [...(readers.get(value) ?? []), by]);
  for (const node of nodes) for (const input of node.inputs) read(input, node);
  for (const value of outputs.values()) read(value, undefined);
  for (const { next } of state) if (next) read(next, undefined);
  return readers;
}
