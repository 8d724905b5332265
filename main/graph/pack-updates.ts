/**
 * Multi-tensor updates, graph to graph: identical updates of many small state variables become one operation on vectors
 * that contain them all. For a GPU, dispatching hundreds of tiny updates takes longer than computing them. Large
 * variables are left alone: there the dispatch is negligible, and the copies would not be.
 */
import { valueAt } from '../value-at.ts';
import { nth } from './op-definition.ts';
import { pack } from './ops/pack.ts';
import { unpack } from './ops/unpack.ts';
import { type AnyNode, elementCount, type Program, type StateVariable, type Value } from './program.ts';

/** 1 MiB of float32. */
const LARGEST_PACKED_ELEMENTS = 2 ** 18;

interface UpdateInputs {
  /** Which inputs become the outputs, in order. */
  readonly states: readonly number[];
  /** Other inputs with an element for each of theirs. All the rest are shared by everything that is updated. */
  readonly others: readonly number[];
}

const UPDATES = {
  adamwUpdate: { states: [0, 2, 3, 7], others: [1] },
  sgdUpdate: { states: [0, 2], others: [1] },
  sgdAccumulate: { states: [0, 2, 3], others: [1] },
  exponentialAverage: { states: [0], others: [1] },
} satisfies Partial<Record<AnyNode['kind'], UpdateInputs>>;

type UpdateNode = Extract<AnyNode, { kind: keyof typeof UPDATES }>;

/** A state variable of the packed program, and the original variables that it contains consecutively. */
export interface Pack {
  readonly name: string;
  readonly members: readonly StateVariable[];
}

export interface PackedProgram {
  readonly program: Program;
  readonly packs: readonly Pack[];
}

/** An equivalent program, with the packs in its state instead of their members. */
export function packUpdates(program: Program): PackedProgram {
  return new Packing(program).done();
}

interface Vector {
  readonly value: Value;
  readonly parts: readonly Value[];
}

class Packing {
  readonly #program: Program;
  readonly #states: ReadonlyMap<number, StateVariable>;
  readonly #nodes: AnyNode[] = [];
  readonly #packs: (Pack & { readonly value: Value; readonly next: Value })[] = [];
  /** Vectors that updates produced or read, each with its position in the nodes. */
  readonly #made: { readonly vector: Vector; readonly madeAt: number }[] = [];
  /** Updates waiting for more of the same kind. */
  readonly #open = new Map<string, UpdateNode[]>();
  #nextId: number;

  constructor(program: Program) {
    this.#program = program;
    this.#states = new Map(program.state.map((variable) => [variable.value.id, variable]));
    this.#nextId = 1 + Math.max(0, ...allValues(program).map(({ id }) => id));
  }

  done(): PackedProgram {
    for (const node of this.#program.nodes) this.#take(node);
    for (const key of [...this.#open.keys()]) this.#close(key);
    const { inputs, outputs, state } = this.#program;
    const packed = new Set(this.#packs.flatMap(({ members }) => members));
    const program: Program = {
      inputs,
      outputs,
      state: [
        ...state.filter((variable) => !packed.has(variable)),
        ...this.#packs.map(({ name, value, next }) => ({ name, value, next })),
      ],
      nodes: this.#nodes,
    };
    return {
      program: { ...program, nodes: this.#unpackWhatIsRead(program) },
      packs: this.#packs.map(({ name, members }) => ({ name, members })),
    };
  }

  #take(node: AnyNode): void {
    for (const [key, updates] of this.#open) {
      const made = new Set(updates.flatMap(({ outputs }) => outputs));
      if (node.inputs.some((input) => made.has(input))) this.#close(key);
    }
    if (!this.#isPackable(node)) {
      this.#nodes.push(node);
      return;
    }
    const { states, others }: UpdateInputs = UPDATES[node.kind];
    const shared = node.inputs.filter((_, index) => ![...states, ...others].includes(index)).map(({ id }) => id);
    const key = JSON.stringify([node.kind, node.attributes, shared]);
    this.#open.set(key, [...(this.#open.get(key) ?? []), node]);
  }

  #isPackable(node: AnyNode): node is UpdateNode {
    if (!(node.kind in UPDATES)) return false;
    const { states }: UpdateInputs = UPDATES[(node as UpdateNode).kind];
    return present(node, states).every((input, index) => {
      const value = nth(node.inputs, input);
      const fits = elementCount(value.shape) <= LARGEST_PACKED_ELEMENTS;
      return fits && this.#states.get(value.id)?.next === node.outputs[index];
    });
  }

  #close(key: string): void {
    const updates = valueAt(this.#open, key);
    this.#open.delete(key);
    const [first] = updates;
    if (!first) return;
    if (updates.length === 1) {
      this.#nodes.push(first);
      return;
    }
    const { states, others }: UpdateInputs = UPDATES[first.kind];
    const inputs = first.inputs.map((shared, index) => {
      const parts = updates.map((update) => nth(update.inputs, index));
      if (states.includes(index)) return this.#vectorOf(parts);
      return others.includes(index) ? this.#packed(parts) : shared;
    });
    const outputs = first.outputs.map((_, index) =>
      this.#vectorOf(updates.map((update) => nth(update.outputs, index))),
    );
    this.#nodes.push({ ...first, inputs, outputs } as AnyNode);
    for (const [index, output] of outputs.entries()) {
      const input = nth(present(first, states), index);
      this.#packs.push({
        name: `pack/${this.#packs.length}`,
        members: updates.map((update) => valueAt(this.#states, nth(update.inputs, input).id)),
        value: nth(inputs, input),
        next: output,
      });
      this.#made.push({
        vector: { value: output, parts: updates.map((update) => nth(update.outputs, index)) },
        madeAt: this.#nodes.length,
      });
      this.#made.push({
        vector: { value: nth(inputs, input), parts: updates.map((update) => nth(update.inputs, input)) },
        madeAt: 0,
      });
    }
  }

  /** One vector of all `parts`; those that are already adjacent in a vector are reused. */
  #packed(parts: readonly Value[]): Value {
    const pieces: Value[] = [];
    for (let index = 0; index < parts.length; ) {
      const whole = this.#made.find(({ vector }) =>
        vector.parts.every((part, offset) => part === parts[index + offset]),
      );
      pieces.push(whole?.vector.value ?? nth(parts, index));
      index += whole?.vector.parts.length ?? 1;
    }
    const [only] = pieces;
    if (only && pieces.length === 1) return only;
    const value = this.#vectorOf(parts);
    this.#nodes.push({ kind: pack.kind, inputs: pieces, outputs: [value], attributes: {} });
    return value;
  }

  #vectorOf(parts: readonly Value[]): Value {
    const shape = [parts.reduce((sum, part) => sum + elementCount(part.shape), 0)];
    return { id: this.#nextId++, shape, dtype: 'float32' };
  }

  /** The nodes, with members of a vector extracted where something reads them individually. */
  #unpackWhatIsRead({ nodes, state, outputs }: Program): AnyNode[] {
    const read = new Set([
      ...nodes.flatMap(({ inputs }) => inputs),
      ...outputs.values(),
      ...state.flatMap(({ next }) => (next ? [next] : [])),
    ]);
    const unpacked = this.#made
      .filter(({ vector }) => vector.parts.some((part) => read.has(part)))
      .map(({ vector: { value, parts }, madeAt }) => ({
        madeAt,
        node: {
          kind: unpack.kind,
          inputs: [value],
          outputs: parts,
          attributes: { shapes: parts.map(({ shape }) => shape) },
        } satisfies AnyNode,
      }));
    const after = (place: number) => unpacked.filter(({ madeAt }) => madeAt === place).map(({ node }) => node);
    return [...after(0), ...nodes.flatMap((node, index) => [node, ...after(index + 1)])];
  }
}

/** The states that this node has: a sum of gradients exists only with gradient accumulation. */
function present({ inputs }: AnyNode, states: readonly number[]): number[] {
  return states.filter((input) => input < inputs.length);
}

function allValues({ inputs, state, nodes }: Program): Value[] {
  return [...inputs.values(), ...state.map(({ value }) => value), ...nodes.flatMap(({ outputs }) => outputs)];
}
