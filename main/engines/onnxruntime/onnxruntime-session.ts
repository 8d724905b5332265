/**
 * A program prepared on one ONNX Runtime execution provider. `run` blocks its thread while the CPU provider computes.
 */

import type { Program } from '../../graph/program.ts';
import type { Device } from '../device.ts';
import type { ProgramSession, SessionOptions, TensorData, Tensors } from '../engine.ts';
import { givenTensor } from '../given-tensor.ts';
import { DeviceReader } from './device-reader.ts';
import type { LoweredProgram } from './lowering.ts';
import { programInputName, stateInputName } from './lowering.ts';
import { withKnownFailures } from './provider-failures.ts';
import { executionProvider, onnxRuntimeTraits, providerOf } from './providers.ts';
import { InferenceSession, type Tensor } from './runtime.ts';
import { DeviceState, HostState, type StateBuffers, toTensor } from './state-buffers.ts';
import { returningMemory, storedOptions } from './stored-constants.ts';
import { waiting } from './waiting.ts';

export class OnnxRuntimeSession implements ProgramSession {
  readonly #program: Program;
  readonly #lowered: LoweredProgram;
  readonly #constants: Tensors;
  readonly #session: InferenceSession;
  readonly #state: StateBuffers;
  readonly #reader: DeviceReader;
  readonly #device: Device;
  readonly #traced: boolean;

  private constructor(
    program: Program,
    lowered: LoweredProgram,
    constants: Tensors,
    session: InferenceSession,
    state: StateBuffers,
    reader: DeviceReader,
    { device, traceTo }: SessionOptions,
  ) {
    this.#program = program;
    this.#lowered = lowered;
    this.#constants = constants;
    this.#session = session;
    this.#state = state;
    this.#reader = reader;
    this.#device = device;
    this.#traced = traceTo !== undefined;
  }

  static async create(
    program: Program,
    lowered: LoweredProgram,
    state: Tensors,
    options: SessionOptions,
  ): Promise<OnnxRuntimeSession> {
    const onHost = !onnxRuntimeTraits(options.device).keepsStateOnDevice;
    const { stored } = options;
    const extra = waiting(options.spinUs);
    const create = () =>
      InferenceSession.create(lowered.model, {
        executionProviders: [executionProvider(providerOf(options.device), options.saveMemory)],
        graphOptimizationLevel: 'all',
        logSeverityLevel: 3,
        ...(options.threads === undefined ? {} : { intraOpNumThreads: options.threads }),
        ...(stored ? storedOptions(stored.path, extra) : { extra }),
        ...(onHost ? {} : { preferredOutputLocation: 'gpu-buffer' as const }),
        ...(options.traceTo === undefined ? {} : { enableProfiling: true, profileFilePrefix: options.traceTo }),
      });
    const session = await withKnownFailures(options.device, () => (stored ? returningMemory(create) : create()));
    const reader = new DeviceReader(options.device);
    const buffers = onHost
      ? new HostState(program, lowered.stateInputs, state, lowered.stateLayouts)
      : new DeviceState(program, lowered.stateInputs, state, reader);
    const written = lowered.stateInputs;
    const constants = new Map([...state].filter(([name]) => !written.includes(name)));
    return new OnnxRuntimeSession(program, lowered, constants, session, buffers, reader, options);
  }

  async run(inputs: Tensors, meanwhile?: () => Promise<void>): Promise<Map<string, Float32Array>> {
    const feeds: Record<string, Tensor> = {};
    for (const [name, value] of this.#program.inputs) {
      feeds[programInputName(name)] = toTensor(givenTensor(inputs, 'input', name, value), value.shape);
    }
    for (const [name, tensor] of this.#state.current()) feeds[stateInputName(name)] = tensor;

    const fetches: Record<string, Tensor | null> = {};
    for (const onnxName of this.#lowered.outputs.values()) fetches[onnxName] = null;
    for (const [name, target] of this.#state.targets()) fetches[this.#nextName(name)] = target;

    const results = await withKnownFailures(this.#device, () => this.#session.run(feeds, fetches));
    this.#state.advance(
      new Map([...this.#lowered.nextState].map(([name, onnxName]) => [name, results[onnxName] as Tensor])),
    );
    const made = [...this.#lowered.outputs].map(([name, onnxName]) => [name, results[onnxName] as Tensor] as const);
    try {
      await meanwhile?.();
      const outputs = new Map<string, Float32Array>();
      for (const [name, tensor] of made) {
        outputs.set(name, await withKnownFailures(this.#device, () => this.#reader.read(tensor)));
      }
      return outputs;
    } finally {
      for (const [, tensor] of made) if (tensor.location !== 'cpu') tensor.dispose();
    }
  }

  async readState(names = this.#program.state.map(({ name }) => name)): Promise<Map<string, Float32Array>> {
    const state = new Map<string, Float32Array>();
    for (const name of names) {
      const constant: TensorData | undefined = this.#constants.get(name);
      // Errors of a run may surface only here, since reading waits for the device.
      const read = () => withKnownFailures(this.#device, () => this.#state.read(name));
      state.set(name, constant ? Float32Array.from(constant) : await read());
    }
    return state;
  }

  async writeState(state: Tensors): Promise<void> {
    for (const { name, value } of this.#program.state) {
      if (this.#constants.has(name)) throw new Error(`the state ${name} is part of the model and cannot be written`);
      this.#state.write(name, givenTensor(state, 'state', name, value), value.shape);
    }
  }

  async dispose(): Promise<void> {
    if (this.#traced) this.#session.endProfiling();
    await this.#state.dispose();
    await this.#reader.dispose();
    await this.#session.release();
  }

  #nextName(stateName: string): string {
    const name = this.#lowered.nextState.get(stateName);
    if (name === undefined) throw new Error(`the state ${stateName} has no next value`);
    return name;
  }
}
