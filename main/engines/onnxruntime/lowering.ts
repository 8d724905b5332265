/**
 * From a program to an ONNX model. A provider's lowering table gives, for every operation, the ONNX nodes that compute
 * it; the context keeps track of which ONNX name holds which value.
 */

import { basename } from 'node:path';
import { nth } from '../../graph/op-definition.ts';
import type { OpKind } from '../../graph/ops/operations.ts';
import type { AnyNode, Node, Program, Value } from '../../graph/program.ts';
import type { StoredState, Tensors } from '../engine.ts';
import { OnnxGraph, type OpenShape } from './onnx-graph.ts';

export class LoweringContext {
  readonly onnx = new OnnxGraph();
  readonly #names = new Map<number, string>();

  /** The ONNX name that holds `value` in its logical, row-major layout. */
  name(value: Value): string {
    const name = this.#names.get(value.id);
    if (name === undefined) throw new Error(`value ${value.id} is used before it is made`);
    return name;
  }

  /** The ONNX name of the `index`-th input of a node. */
  input(node: Node, index: number): string {
    return this.name(nth(node.inputs, index));
  }

  /** The model's name for the program's input `name`. */
  inputName(name: string): string {
    return programInputName(name);
  }

  /** The model's name for the program's output `name`, whose value is held by `made`. */
  outputName(_name: string, made: string): string {
    return made;
  }

  /** How an input or output of the program is declared. */
  declaredShape(value: Value): OpenShape {
    return value.shape;
  }

  bind(value: Value, name: string): void {
    this.#names.set(value.id, name);
  }

  /** How the host's row-major state is laid out in the model; undefined if it is row-major there too. */
  stateLayout(_value: Value): StateLayout | undefined {
    return undefined;
  }

  bindState(value: Value, name: string): void {
    this.bind(value, name);
  }

  /** The ONNX name that holds `next`, laid out like the state that it becomes. */
  nextStateName(_state: Value, next: Value): string {
    return this.name(next);
  }

  protected knownName(value: Value): string | undefined {
    return this.#names.get(value.id);
  }
}

/** A permutation of a state's numbers: both functions return a new array of the same length. */
export interface StateLayout {
  toModel(data: Float32Array): Float32Array;
  toHost(data: Float32Array): Float32Array;
}

/**
 * Emits ONNX nodes for one operation and returns the names of its outputs, in order; undefined for an output that the
 * lowering has bound itself, in another layout.
 */
export type Lowering<Kind extends OpKind, Context = LoweringContext> = (
  context: Context,
  node: Node<Kind>,
) => readonly (string | undefined)[];
export type LoweringTable<Context extends LoweringContext = LoweringContext> = {
  readonly [Kind in OpKind]: Lowering<Kind, Context>;
};

export interface LoweredProgram {
  readonly model: Uint8Array;
  /** ONNX names of the program's outputs and next states, keyed by the program's names. */
  readonly outputs: ReadonlyMap<string, string>;
  readonly nextState: ReadonlyMap<string, string>;
  /** Only for states that the model does not hold row-major. */
  readonly stateLayouts: ReadonlyMap<string, StateLayout>;
  /** The state variables that the model takes as inputs (the others are constants inside it). */
  readonly stateInputs: readonly string[];
}

export const stateInputName = (name: string): string => `state:${name}`;
export const programInputName = (name: string): string => `input:${name}`;

/**
 * Lowers `program`. State that never changes is written into the model as constants from `constants`, so that the
 * runtime can fold it and choose its layout; without constants, all state is fed on every run (models beyond protobuf's
 * 2 GiB). For state in `stored`, the model names its place in the file.
 */
export function lowerProgram<Context extends LoweringContext>(
  program: Program,
  context: Context,
  table: LoweringTable<Context>,
  constants: Tensors,
  stored?: StoredState,
): LoweredProgram {
  const { onnx } = context;
  const taken = new Set<string>();
  for (const [name, value] of program.inputs) {
    const inputName = context.inputName(name);
    context.bind(value, onnx.input(inputName, context.declaredShape(value), value.dtype));
    taken.add(inputName);
  }
  const stateInputs: string[] = [];
  const stateLayouts = new Map<string, StateLayout>();
  for (const { name, value, next } of program.state) {
    const inFile = stored?.tensors.get(name);
    if (stored && inFile) {
      context.bind(value, onnx.storedTensor(value.shape, basename(stored.path), inFile));
      continue;
    }
    const constant = next ? undefined : constants.get(name);
    if (constant) {
      context.bind(value, onnx.tensor(value.shape, constant));
      continue;
    }
    const inputName = onnx.input(stateInputName(name), value.shape, value.dtype);
    context.bindState(value, inputName);
    taken.add(inputName);
    stateInputs.push(name);
    const layout = context.stateLayout(value);
    if (layout) stateLayouts.set(name, layout);
  }

  for (const node of program.nodes) {
    const names = lowerNode(context, table, node);
    node.outputs.forEach((output, index) => {
      const name = names[index];
      if (name !== undefined) context.bind(output, name);
    });
  }

  const expose = (made: string, value: Value): string => {
    // A model's outputs must have distinct names, none of which is an input.
    const name = taken.has(made) ? onnx.node('Identity', [made]) : made;
    taken.add(name);
    onnx.output(name, context.declaredShape(value), value.dtype);
    return name;
  };
  const outputs = new Map(
    [...program.outputs].map(([name, value]) => [name, expose(context.outputName(name, context.name(value)), value)]),
  );
  const nextState = new Map<string, string>();
  for (const { name, value, next } of program.state) {
    if (next) nextState.set(name, expose(context.nextStateName(value, next), next));
  }
  return { model: onnx.encode(), outputs, nextState, stateLayouts, stateInputs };
}

function lowerNode<Context extends LoweringContext>(
  context: Context,
  table: LoweringTable<Context>,
  node: AnyNode,
): readonly (string | undefined)[] {
  // The table's entry for a kind takes nodes of that kind; TypeScript cannot follow that through the union.
  const lowering = table[node.kind] as Lowering<OpKind, Context>;
  return lowering(context, node);
}
