/**
 * Which values of an inference program are kept as whole numbers of eight bits: what goes into a convolution and what comes
 * out of one, with the batch norm and the ReLU that follow it; sums of such values; and what is pooled of them. Found from the
 * program alone, so that the ranges measured by one program (of any batch) are those of another.
 */
import { nth } from '../graph/op-definition.ts';
import type { AnyNode, Node, Program, Value } from '../graph/program.ts';

/** Of each place of an `Int8Plan`, in its order, between which numbers its values lie. */
export interface ActivationRanges {
  readonly least: readonly number[];
  readonly most: readonly number[];
}

/** A convolution or a sum, and what is computed in the same pass. */
export interface Int8Step {
  readonly norm: Node<'batchNormInference'> | undefined;
  /** The value that comes out, after a ReLU where one follows at once. */
  readonly result: Value;
}

export interface Int8Plan {
  /** In the order of the program. */
  readonly places: readonly Value[];
  /** Of a value that is kept in eight bits, its number among the places. A pooled value has its input's. */
  readonly placeOf: ReadonlyMap<number, number>;
  readonly steps: ReadonlyMap<AnyNode, Int8Step>;
  /** Batch norms and ReLUs that are part of a step. */
  readonly absorbed: ReadonlySet<AnyNode>;
}

/** Without any step for a program that has no convolutions by constant weights with a batch norm after them. */
export function int8Plan(program: Program): Int8Plan {
  return new Planner(program).plan();
}

class Planner {
  readonly #program: Program;
  readonly #consumers = new Map<number, AnyNode[]>();
  readonly #constants: ReadonlySet<number>;
  readonly #places: Value[] = [];
  readonly #placeOf = new Map<number, number>();
  readonly #steps = new Map<AnyNode, Int8Step>();
  readonly #absorbed = new Set<AnyNode>();

  constructor(program: Program) {
    this.#program = program;
    this.#constants = new Set(program.state.filter(({ next }) => !next).map(({ value }) => value.id));
    for (const node of program.nodes)
      for (const { id } of node.inputs) this.#consumers.set(id, [...(this.#consumers.get(id) ?? []), node]);
  }

  plan(): Int8Plan {
    for (const node of this.#program.nodes) {
      if (node.kind === 'conv' && this.#constants.has(nth(node.inputs, 1).id)) this.#convolution(node);
      else if (node.kind === 'add' && node.inputs.every(({ id }) => this.#placeOf.has(id))) this.#sum(node);
      else if (node.kind === 'maxPool') this.#pool(node);
    }
    return { places: this.#places, placeOf: this.#placeOf, steps: this.#steps, absorbed: this.#absorbed };
  }

  #convolution(node: Node<'conv'>): void {
    const norm = this.#only(nth(node.outputs, 0));
    // Of networks that normalise otherwise, too little would be computed in eight bits to be worth what it costs.
    if (norm?.kind !== 'batchNormInference' || !this.#isConstant(norm)) return;
    this.#place(nth(node.inputs, 0));
    this.#absorbed.add(norm);
    this.#step(node, nth(norm.outputs, 0), norm);
  }

  #sum(node: Node<'add'>): void {
    this.#step(node, nth(node.outputs, 0), undefined);
  }

  #pool(node: Node<'maxPool'>): void {
    const place = this.#placeOf.get(nth(node.inputs, 0).id);
    if (place !== undefined) this.#placeOf.set(nth(node.outputs, 0).id, place);
  }

  #step(node: AnyNode, made: Value, norm: Int8Step['norm']): void {
    const relu = this.#only(made);
    const result = relu?.kind === 'relu' ? nth(relu.outputs, 0) : made;
    if (relu?.kind === 'relu') this.#absorbed.add(relu);
    this.#steps.set(node, { norm, result });
    this.#place(result);
  }

  #place(value: Value): void {
    if (this.#placeOf.has(value.id)) return;
    this.#placeOf.set(value.id, this.#places.length);
    this.#places.push(value);
  }

  /** What alone takes the value. */
  #only(value: Value): AnyNode | undefined {
    const [first, ...more] = this.#consumers.get(value.id) ?? [];
    const isOutput = [...this.#program.outputs.values()].includes(value);
    return more.length > 0 || isOutput ? undefined : first;
  }

  /** Scale, bias, mean and variance are all known beforehand. */
  #isConstant({ inputs }: AnyNode): boolean {
    return inputs.slice(1).every(({ id }) => this.#constants.has(id));
  }
}
