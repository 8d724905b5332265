/**
 * What every compute engine offers: take a `Program`, run it on a device, keep its state there between runs. Engines know
 * programs and nothing of networks, images or the method. `session.run` may block the calling thread for the length of a
 * step: call it on a worker thread.
 */
import type { Program } from '../graph/program.ts';

export type DeviceKind = 'cpu' | 'webgpu' | 'cuda' | 'dml' | 'coreml' | 'tensorflow';

/** A place to compute, as the doctor lists it. */
export interface Device {
  readonly engine: 'onnxruntime' | 'tensorflow';
  readonly kind: DeviceKind;
  /** For people: the processor's or adapter's name. */
  readonly name: string;
}

/** Row-major elements; a Float32Array for float32 values, an Int32Array for int32 values. */
export type TensorData = Float32Array | Int32Array;
export type Tensors = ReadonlyMap<string, TensorData>;

export interface SessionOptions {
  readonly device: DeviceKind;
  /** Threads for the CPU provider; all cores when absent. */
  readonly threads?: number | undefined;
  /** How long a processor's thread that waits for work spins before it sleeps; the engine's own choice when absent. */
  readonly spinUs?: number;
  /** Where a trace of all runs is written when the session is disposed of: the start of a file's path. */
  readonly traceTo?: string;
}

export interface ProgramSession {
  /**
   * Runs the program once: gives its outputs by name, and moves its state on. `meanwhile` is the host's to do while a device
   * computes; it may change the arrays of `inputs`, which are read by then.
   */
  run(inputs: Tensors, meanwhile?: () => Promise<void>): Promise<Map<string, Float32Array>>;
  /** Copies the current state (or the named part of it) to the host. */
  readState(names?: readonly string[]): Promise<Map<string, Float32Array>>;
  /** Frees everything that the session holds on the device. */
  dispose(): Promise<void>;
}

export interface Engine {
  readonly kind: Device['engine'];
  /** The runtime's own version, for the run's record. */
  readonly version: string;
  /** Readies `program` with its first state; every state variable needs an entry of its exact size. */
  prepare(program: Program, state: Tensors, options: SessionOptions): Promise<ProgramSession>;
}
