/**
 * Which values of an inference program are stored as 8-bit integers: the inputs and outputs of convolutions, including
 * a batch norm and a ReLU that follow; sums of such values; and pooled ones. Derived from the program alone, so that
 * ranges measured with one program (of any batch size) are valid for another.
 */
import { nth } from '../graph/op-definition.ts';
import type { AnyNode, Node, Program, Value } from '../graph/program.ts';

/** The range of values at each place of an `Int8Plan`, in order. */
export interface ActivationRanges {
  readonly least: readonly number[];
  readonly most: readonly number[];
}

/** A convolution or a sum, together with what is computed in the same pass. */
export interface Int8Step {
  readonly norm: Node<'batchNormInference'> | undefined;
  /** The resulting value, after the ReLU if one follows immediately. */
  readonly result: Value;
}

export interface Int8Plan {
  /** In the order of the program. */
  readonly places: readonly Value[];
  /** For a value stored in eight bits, its index among the places. A pooled value has that of its input. */
  readonly placeOf: ReadonlyMap<number, number>;
  readonly steps: ReadonlyMap<AnyNode, Int8Step>;
  /** Batch norms and ReLUs that are part of a step. */
  readonly absorbed: ReadonlySet<AnyNode>;
}

/** Has no steps if the program has no convolutions with constant weights followed by a batch norm. */
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
    // For networks with other normalisations, too little would be computed in eight bits to be worth the cost.
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

  /** The only consumer of the value. */
  #only(value: Value): AnyNode | undefined {
    const [first, ...more] = this.#consumers.get(value.id) ?? [];
    const isOutput = [...this.#program.outputs.values()].includes(value);
    return more.length > 0 || isOutput ? undefined : first;
  }

  /** Scale, bias, mean and variance are all constants. */
  #isConstant({ inputs }: AnyNode): boolean {
    return inputs.slice(1).every(({ id }) => this.#constants.has(id));
  }
}
