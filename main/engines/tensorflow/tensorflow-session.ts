/**
 * A program prepared on TensorFlow: its state stays in tensors on TensorFlow's device between runs, and every other
 * tensor of a run is disposed of after the last operation that reads it.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { messageOf } from '../../failure.ts';
import type { AnyNode, Program, Value } from '../../graph/program.ts';
import { valueAt } from '../../value-at.ts';
import { OutOfMemory } from '../device-failures.ts';
import type { ProgramSession, TensorData, Tensors } from '../engine.ts';
import { givenTensor } from '../given-tensor.ts';
import { computeNode, TensorContext, type TensorFlow } from './lowering.ts';
import { tensorFlowLowerings } from './tensorflow-lowerings.ts';

/** How TensorFlow, its allocators and JavaScript report a lack of memory; status 8 is RESOURCE_EXHAUSTED. */
const NO_ROOM =
  /\bOOM\b|TF_Status: 8\b|resource ?exhausted|out of memory|failed to allocate|bad[ _]?alloc|allocation failed|invalid typed array length/i;

export class TensorFlowSession implements ProgramSession {
  readonly #tf: TensorFlow;
  readonly #program: Program;
  /** The nodes, each with the values that nothing reads after it. */
  readonly #steps: readonly { readonly node: AnyNode; readonly done: readonly Value[] }[];
  readonly #state = new Map<string, Tensor>();

  constructor(tf: TensorFlow, program: Program, state: Tensors) {
    this.#tf = tf;
    this.#program = program;
    this.#steps = withLastReads(program);
    this.#fillState(state);
  }

  async run(inputs: Tensors, meanwhile?: () => Promise<void>): Promise<Map<string, Float32Array>> {
    const made = this.#compute(inputs);
    try {
      await meanwhile?.();
      const outputs = new Map<string, Float32Array>();
      for (const [name, tensor] of Object.entries(made)) outputs.set(name, await read(tensor));
      return outputs;
    } finally {
      this.#tf.dispose(made);
    }
  }

  async readState(names = this.#program.state.map(({ name }) => name)): Promise<Map<string, Float32Array>> {
    const state = new Map<string, Float32Array>();
    for (const name of names) state.set(name, await read(valueAt(this.#state, name)));
    return state;
  }

  async writeState(state: Tensors): Promise<void> {
    this.#disposeState();
    this.#fillState(state);
  }

  async dispose(): Promise<void> {
    this.#disposeState();
  }

  /** One run. The state advances once all of it is computed; returns the outputs, which the caller must dispose of. */
  #compute(inputs: Tensors): Record<string, Tensor> {
    const tf = this.#tf;
    const context = new TensorContext(tf);
    try {
      for (const [name, value] of this.#program.inputs) {
        context.bind(value, { logical: this.#upload(givenTensor(inputs, 'input', name, value), value) });
      }
      for (const { name, value } of this.#program.state) {
        context.bind(value, { logical: tf.clone(valueAt(this.#state, name)) });
      }
      for (const { node, done } of this.#steps) {
        computeNode(context, tensorFlowLowerings, node);
        for (const value of done) context.release(value);
      }
      const { outputs, next } = tf.tidy(() => ({
        outputs: this.#cloned(context, [...this.#program.outputs]),
        next: this.#cloned(
          context,
          this.#program.state.flatMap(({ name, next: value }) => (value ? [[name, value] as const] : [])),
        ),
      }));
      for (const [name, tensor] of Object.entries(next)) {
        this.#state.get(name)?.dispose();
        this.#state.set(name, tensor);
      }
      return outputs;
    } catch (error) {
      throw known(error);
    } finally {
      context.dispose();
    }
  }

  #cloned(context: TensorContext, values: readonly (readonly [string, Value])[]): Record<string, Tensor> {
    return Object.fromEntries(values.map(([name, value]) => [name, this.#tf.clone(context.logical(value))]));
  }

  /** Copies first: TensorFlow reads an array lazily, or keeps it. */
  #upload(data: TensorData, { shape, dtype }: Value): Tensor {
    if (dtype === 'uint8') return this.#tf.tensor(Int32Array.from(data), [...shape], 'int32');
    return this.#tf.tensor(data.slice(), [...shape], dtype);
  }

  #fillState(state: Tensors): void {
    try {
      for (const { name, value } of this.#program.state) {
        this.#state.set(name, this.#upload(givenTensor(state, 'state', name, value), value));
      }
    } catch (error) {
      this.#disposeState();
      throw known(error);
    }
  }

  #disposeState(): void {
    for (const tensor of this.#state.values()) tensor.dispose();
    this.#state.clear();
  }
}

function withLastReads({ nodes, outputs, state }: Program) {
  const kept = new Set([...outputs.values(), ...state.map(({ next }) => next)]);
  const seen = new Set<Value | undefined>(kept);
  return nodes
    .toReversed()
    .map((node) => {
      const done = [...new Set([...node.inputs, ...node.outputs])].filter((value) => !seen.has(value));
      for (const value of done) seen.add(value);
      return { node, done };
    })
    .reverse();
}

/** A copy, since TensorFlow may return the tensor's own memory. */
async function read(tensor: Tensor): Promise<Float32Array> {
  try {
    return new Float32Array(await tensor.data());
  } catch (error) {
    throw known(error);
  }
}

function known(error: unknown): unknown {
  const message = messageOf(error);
  return NO_ROOM.test(message) ? new OutOfMemory(`TensorFlow says: ${message}`, { cause: error }) : error;
}
