/**
 * From a program to an ONNX model. A provider's lowering table says, for every operation, which ONNX nodes compute it; the
 * context keeps track of which ONNX name holds which value.
 */

import { nth } from '../../graph/op-definition.ts';
import type { OpKind } from '../../graph/ops/operations.ts';
import type { AnyNode, Node, Program, Value } from '../../graph/program.ts';
import type { Tensors } from '../engine.ts';
import { OnnxGraph } from './onnx-graph.ts';

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

  bind(value: Value, name: string): void {
    this.#names.set(value.id, name);
  }
}

/** Emits ONNX nodes for one operation and gives the names of its outputs, in order. */
export type Lowering<Kind extends OpKind> = (context: LoweringContext, node: Node<Kind>) => readonly string[];
export type LoweringTable = { readonly [Kind in OpKind]: Lowering<Kind> };

export interface LoweredProgram {
  readonly model: Uint8Array;
  /** ONNX names of the program's outputs and of the next states, by the program's names. */
  readonly outputs: ReadonlyMap<string, string>;
  readonly nextState: ReadonlyMap<string, string>;
  /** The state variables that the model takes as inputs (the others are constants inside it). */
  readonly stateInputs: readonly string[];
}

export const stateInputName = (name: string): string => `state:${name}`;
export const programInputName = (name: string): string => `input:${name}`;

/**
 * Lowers `program`. State that never changes is written into the model as constants from `constants`, so that the runtime
 * can fold it and choose its layout; pass no constants to feed all state at every run (models beyond protobuf's 2 GiB).
 */
export function lowerProgram(program: Program, table: LoweringTable, constants: Tensors): LoweredProgram {
  const context = new LoweringContext();
  const { onnx } = context;
  const taken = new Set<string>();
  for (const [name, value] of program.inputs) {
    context.bind(value, onnx.input(programInputName(name), value.shape, value.dtype));
    taken.add(programInputName(name));
  }
  const stateInputs: string[] = [];
  for (const { name, value, next } of program.state) {
    const constant = next ? undefined : constants.get(name);
    if (constant) {
      context.bind(value, onnx.tensor(value.shape, constant));
    } else {
      context.bind(value, onnx.input(stateInputName(name), value.shape, value.dtype));
      stateInputs.push(name);
    }
    taken.add(context.name(value));
  }

  for (const node of program.nodes) {
    const names = lowerNode(context, table, node);
    node.outputs.forEach((output, index) => {
      context.bind(output, nth(names, index));
    });
  }

  const expose = (value: Value): string => {
    const made = context.name(value);
    // A model's outputs have distinct names, none of which is an input.
    const name = taken.has(made) ? onnx.node('Identity', [made]) : made;
    taken.add(name);
    onnx.output(name, value.shape, value.dtype);
    return name;
  };
  const outputs = new Map([...program.outputs].map(([name, value]) => [name, expose(value)]));
  const nextState = new Map<string, string>();
  for (const { name, next } of program.state) if (next) nextState.set(name, expose(next));
  return { model: onnx.encode(), outputs, nextState, stateInputs };
}

function lowerNode(context: LoweringContext, table: LoweringTable, node: AnyNode): readonly string[] {
  // The table's entry for a kind takes nodes of that kind; TypeScript cannot follow that through the union.
  const lowering = table[node.kind] as Lowering<OpKind>;
  return lowering(context, node);
}
