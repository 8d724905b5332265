/**
 * Fusions: parts of a program that a neighbour's kernel does in passing, so that an activation is not written and read
 * again. Found by pattern, and by which other nodes read the values in between.
 *
 * - a batch norm with fixed statistics that is the only reader of a convolution is folded into its weights, and the
 *   convolution produces the result, including an addition and a ReLU that follow;
 * - any other batch norm whose result is read only by a ReLU, perhaps after an addition, produces the ReLU's result;
 * - the gradient of a convolution's input that is only added to another gradient is added before it is written; on
 *   tensor cores, a ReLU's gradient that alone reads the result is applied too, and the sums are computed that the
 *   gradient of a batch norm needs of it;
 * - any other ReLU's gradient read only by a batch norm's gradient is applied while the batch norm reads it;
 * - a convolution computes the moments of its results for a batch norm of the batch that reads them.
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

export interface FinishedGradient {
  readonly node: Node<'convInputGradient'>;
  readonly added: Value | undefined;
  /** The result of a ReLU whose gradient is applied after the addition. */
  readonly rectified: Value | undefined;
  readonly result: Value;
  /** A batch norm's gradient that reads the result, and needs sums over it. */
  readonly reader: NormalisationGradient | undefined;
}

export interface Fusions {
  /** Keyed by the node that produces the result: the batch norm itself, or the ReLU after it. */
  readonly folded: ReadonlyMap<AnyNode, FoldedNormalisation>;
  /** Keyed by the ReLU that produces the result. */
  readonly rectified: ReadonlyMap<AnyNode, RectifiedNormalisation>;
  /** Keyed by the batch norm's gradient. */
  readonly masked: ReadonlyMap<AnyNode, MaskedGradient>;
  /** Keyed by the convolution's gradient, if anything is done with it before it is written. */
  readonly finished: ReadonlyMap<AnyNode, FinishedGradient>;
  /** Convolutions that also compute the moments of their results. */
  readonly measured: ReadonlySet<AnyNode>;
  /** Nodes done by others; for a batch norm, its statistics still have to be computed. */
  readonly passedOver: ReadonlySet<AnyNode>;
}

/** @param byTensorCores whether they compute this gradient */
export function findFusions(program: Program, byTensorCores: (node: Node<'convInputGradient'>) => boolean): Fusions {
  const readers = readersOf(program);
  const places = new Map(program.nodes.map((node, place) => [node, place]));
  const makers = new Map(program.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const folded = new Map<AnyNode, FoldedNormalisation>();
  const rectified = new Map<AnyNode, RectifiedNormalisation>();
  const masked = new Map<AnyNode, MaskedGradient>();
  const accumulated = new Map<AnyNode, { readonly added: Value; readonly sum: Value }>();
  const finished = new Map<AnyNode, FinishedGradient>();
  const measured = new Set<AnyNode>();
  const passedOver = new Set<AnyNode>();
  /** The node that produces the value, if nobody else reads the value. */
  const soleMaker = (value: Value) => (readers.get(value)?.length === 1 ? makers.get(value) : undefined);

  const isMadeBefore = (value: Value, node: AnyNode) => {
    const maker = makers.get(value);
    return !maker || (places.get(maker) ?? 0) < (places.get(node) ?? 0);
  };

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
    } else if (isNormalisationGradient(node)) {
      const before = soleMaker(nth(node.inputs, 0));
      if (before?.kind !== 'reluGradient') continue;
      masked.set(node, { node, dy: nth(before.inputs, 0), rectified: nth(before.inputs, 1) });
      passedOver.add(before);
    } else if (node.kind === 'add') {
      const [added, gradient] = [nth(node.inputs, 0), nth(node.inputs, 1)];
      const before = soleMaker(gradient);
      if (added === gradient || before?.kind !== 'convInputGradient') continue;
      if (!isMadeBefore(added, before)) continue;
      accumulated.set(before, { added, sum: nth(node.outputs, 0) });
      passedOver.add(node);
    }
  }
  for (const node of program.nodes) {
    if (node.kind !== 'convInputGradient') continue;
    const { added, sum = nth(node.outputs, 0) } = accumulated.get(node) ?? {};
    if (!byTensorCores(node)) {
      if (added) finished.set(node, { node, added, rectified: undefined, result: sum, reader: undefined });
      continue;
    }
    const [mask, ...others] = readers.get(sum) ?? [];
    const applies = mask?.kind === 'reluGradient' && others.length === 0 && nth(mask.inputs, 0) === sum;
    const rectified = applies && isMadeBefore(nth(mask.inputs, 1), node) ? nth(mask.inputs, 1) : undefined;
    const result = rectified && mask ? nth(mask.outputs, 0) : sum;
    if (rectified && mask) passedOver.add(mask);
    const reader = readers.get(result)?.find((one): one is NormalisationGradient => {
      if (!one || !isNormalisationGradient(one) || nth(one.inputs, 0) !== result) return false;
      const [, x, , mean, variance] = one.inputs;
      return [x, mean, variance].every((input) => isMadeBefore(nth([input], 0), node));
    });
    for (const one of readers.get(result) ?? []) if (one && rectified) masked.delete(one);
    if (added || rectified || reader) finished.set(node, { node, added, rectified, result, reader });
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
  return { folded, rectified, masked, finished, measured, passedOver };
}

export function isNormalisation(node: AnyNode): node is Normalisation {
  return node.kind === 'batchNormTraining' || node.kind === 'batchNormInference';
}

function isNormalisationGradient(node: AnyNode): node is NormalisationGradient {
  return node.kind === 'batchNormTrainingGradient' || node.kind === 'batchNormInferenceGradient';
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
