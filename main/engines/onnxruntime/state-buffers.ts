/**
 * Where a session's state lives between runs. On the CPU two sets of host buffers alternate, one read and one written,
 * so that a step allocates nothing; on a GPU the output tensors of one run are the inputs of the next and never leave
 * the device.
 */

import type { Program, Shape } from '../../graph/program.ts';
import { elementCount } from '../../graph/program.ts';
import type { TensorData, Tensors } from '../engine.ts';
import type { DeviceReader } from './device-reader.ts';
import type { StateLayout } from './lowering.ts';
import { Tensor } from './runtime.ts';

export interface StateBuffers {
  /** The tensors to feed to the next run, by state name. */
  current(): ReadonlyMap<string, Tensor>;
  /** Where the next run should write the new state, by state name; null lets the runtime place it on the device. */
  targets(): ReadonlyMap<string, Tensor | null>;
  /** Takes over the new state that a run produced. */
  advance(made: ReadonlyMap<string, Tensor>): void;
  read(name: string): Promise<Float32Array>;
  write(name: string, data: TensorData, shape: Shape): void;
  dispose(): Promise<void>;
}

export function toTensor(data: TensorData, shape: Shape): Tensor {
  if (data instanceof Uint8Array) return new Tensor('uint8', data, shape);
  return data instanceof Int32Array ? new Tensor('int32', data, shape) : new Tensor('float32', data, shape);
}

/** `names` are the state variables that the model takes as inputs; those without a next value stay as they are. */
export class HostState implements StateBuffers {
  #current = new Map<string, Tensor>();
  #spare = new Map<string, Tensor>();

  readonly #layouts: ReadonlyMap<string, StateLayout>;

  constructor(program: Program, names: readonly string[], state: Tensors, layouts: ReadonlyMap<string, StateLayout>) {
    this.#layouts = layouts;
    for (const variable of program.state) {
      if (!names.includes(variable.name)) continue;
      const { shape } = variable.value;
      this.write(variable.name, entry(state, variable.name), shape);
      if (variable.next) this.#spare.set(variable.name, toTensor(new Float32Array(elementCount(shape)), shape));
    }
  }

  current(): ReadonlyMap<string, Tensor> {
    return this.#current;
  }

  targets(): ReadonlyMap<string, Tensor | null> {
    return this.#spare;
  }

  advance(made: ReadonlyMap<string, Tensor>): void {
    for (const [name, tensor] of made) {
      const before = this.#current.get(name);
      this.#current.set(name, tensor);
      if (before) this.#spare.set(name, before);
    }
  }

  async read(name: string): Promise<Float32Array> {
    const data = (await tensorOf(this.#current, name).getData()) as Float32Array;
    return this.#layouts.get(name)?.toHost(data) ?? Float32Array.from(data);
  }

  write(name: string, given: TensorData, shape: Shape): void {
    const data = Float32Array.from(given);
    this.#current.set(name, toTensor(this.#layouts.get(name)?.toModel(data) ?? data, shape));
  }

  async dispose(): Promise<void> {
    this.#current.clear();
    this.#spare.clear();
  }
}

/** State kept on the device. */
export class DeviceState implements StateBuffers {
  readonly #current = new Map<string, Tensor>();
  readonly #changing: readonly string[];
  readonly #reader: DeviceReader;

  constructor(program: Program, names: readonly string[], state: Tensors, reader: DeviceReader) {
    this.#reader = reader;
    for (const { name, value } of program.state) {
      if (names.includes(name)) this.write(name, entry(state, name), value.shape);
    }
    this.#changing = program.state.filter(({ next }) => next).map(({ name }) => name);
  }

  current(): ReadonlyMap<string, Tensor> {
    return this.#current;
  }

  targets(): ReadonlyMap<string, Tensor | null> {
    return new Map(this.#changing.map((name) => [name, null]));
  }

  advance(made: ReadonlyMap<string, Tensor>): void {
    for (const [name, tensor] of made) {
      this.#release(name);
      this.#current.set(name, tensor);
    }
  }

  async read(name: string): Promise<Float32Array> {
    return await this.#reader.read(tensorOf(this.#current, name));
  }

  write(name: string, given: TensorData, shape: Shape): void {
    this.#release(name);
    this.#current.set(name, toTensor(Float32Array.from(given), shape));
  }

  async dispose(): Promise<void> {
    for (const name of this.#current.keys()) this.#release(name);
    this.#current.clear();
  }

  #release(name: string): void {
    const tensor = this.#current.get(name);
    if (tensor && tensor.location !== 'cpu') tensor.dispose();
  }
}

function entry(state: Tensors, name: string): TensorData {
  const data = state.get(name);
  if (!data) throw new Error(`the state ${name} has no first value`);
  return data;
}

function tensorOf(tensors: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const tensor = tensors.get(name);
  if (!tensor) throw new Error(`the session keeps no state ${name}`);
  return tensor;
}
