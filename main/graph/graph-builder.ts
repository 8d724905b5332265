/** Builds a `Program` operation by operation, checking shapes as it goes. */
import type { OpDefinition } from './op-definition.ts';
import type { AnyNode, DType, Program, Shape, StateVariable, Value } from './program.ts';
import { ShapeMismatch, sameShape } from './program.ts';

interface MutableState {
  readonly value: Value;
  next: Value | undefined;
}

export class GraphBuilder {
  readonly nodes: AnyNode[] = [];
  readonly #inputs = new Map<string, Value>();
  readonly #state = new Map<string, MutableState>();
  readonly #outputs = new Map<string, Value>();
  #nextId = 0;

  /** Declares a tensor that the caller provides on every run. */
  input(name: string, shape: Shape, dtype: DType = 'float32'): Value {
    if (this.#inputs.has(name)) throw new Error(`the program already has an input ${name}`);
    const value = this.#value(shape, dtype);
    this.#inputs.set(name, value);
    return value;
  }

  /** Declares a tensor that persists between runs; the same name returns the same tensor. */
  state(name: string, shape: Shape): Value {
    const known = this.#state.get(name);
    if (known) {
      if (!sameShape(known.value.shape, shape)) throw new ShapeMismatch(`state ${name} is declared twice, differently`);
      return known.value;
    }
    const value = this.#value(shape, 'float32');
    this.#state.set(name, { value, next: undefined });
    return value;
  }

  /** Sets the value that the state `name` takes after a run. */
  setNext(name: string, next: Value): void {
    const state = this.#state.get(name);
    if (!state) throw new Error(`the program has no state ${name}`);
    if (!sameShape(state.value.shape, next.shape)) throw new ShapeMismatch(`state ${name} changes its shape`);
    state.next = next;
  }

  output(name: string, value: Value): void {
    this.#outputs.set(name, value);
  }

  /** Adds an operation and returns its outputs. Throws `ShapeMismatch` if the inputs do not fit. */
  apply<Kind extends string, Attributes>(
    definition: OpDefinition<Kind, Attributes>,
    inputs: readonly Value[],
    attributes: Attributes,
  ): Value[] {
    const types = definition.infer(inputs, attributes);
    const outputs = types.map(({ shape, dtype }) => this.#value(shape, dtype));
    // The definition ties the kind to its attributes; the union over kinds cannot be formed from type parameters.
    this.nodes.push({ kind: definition.kind, inputs, outputs, attributes } as unknown as AnyNode);
    return outputs;
  }

  /** Adds an operation with one output. */
  applyOne<Kind extends string, Attributes>(
    definition: OpDefinition<Kind, Attributes>,
    inputs: readonly Value[],
    attributes: Attributes,
  ): Value {
    const [output] = this.apply(definition, inputs, attributes);
    if (!output) throw new Error(`${definition.kind} has no output`);
    return output;
  }

  build(): Program {
    const state: StateVariable[] = [...this.#state].map(([name, { value, next }]) => ({ name, value, next }));
    return { inputs: new Map(this.#inputs), state, outputs: new Map(this.#outputs), nodes: [...this.nodes] };
  }

  #value(shape: Shape, dtype: DType): Value {
    if (shape.some((size) => !Number.isInteger(size) || size < 1)) {
      throw new ShapeMismatch(`a tensor cannot have the shape [${shape.join(', ')}]`);
    }
    return { id: this.#nextId++, shape, dtype };
  }
}
