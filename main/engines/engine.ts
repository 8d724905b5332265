/**
 * What every compute engine offers: take a `Program`, run it on a device, keep its state there between runs. Engines know
 * programs and nothing of networks, images or the method. `session.run` may block the calling thread for the length of a
 * step: call it on a worker thread.
 */
import type { Program } from '../graph/program.ts';
import type { Device, EngineKind } from './device.ts';
import type { ActivationRanges } from './int8-plan.ts';

/** How numbers are kept and multiplied. */
export type Precision = 'fp32' | 'bf16';

/** The hardware of everything that computes on the processor itself. */
export const PROCESSOR = 'processor';

/** What a device can do, as far as it is known without computing on it. */
export interface DeviceTraits {
  /** For people: the processor's or adapter's name. */
  readonly title: string;
  /** What computes in the end, `PROCESSOR` or such as `card 0`: devices that share it are ways to one chip, and take turns. */
  readonly hardware: string;
  /** A stand-in for a card, on the processor: listed, tested, never chosen by itself. */
  readonly software: boolean;
  /** State and outputs stay in the device's own memory; a run is only given to it, and the host is free meanwhile. */
  readonly keepsStateOnDevice: boolean;
  /** Trainings take ONNX Runtime's blocked channels, where the processor has them. */
  readonly blockedLayout: boolean;
  readonly precisions: readonly Precision[];
  /** Inference in whole numbers of eight bits (`SessionOptions.int8`). */
  readonly int8: boolean;
  /** Of the device; undefined where it does not say. */
  readonly memoryBytes: number | undefined;
  /** A failure of its driver can take the process with it, or is for good in that process: it is computed on in one of its own. */
  readonly inOwnProcess: boolean;
}

/** Row-major elements; a Float32Array for float32 values, an Int32Array for int32 values. */
export type TensorData = Float32Array | Int32Array;
export type Tensors = ReadonlyMap<string, TensorData>;

export interface SessionOptions {
  readonly device: Device;
  /** Threads for the CPU provider; all cores when absent. */
  readonly threads?: number | undefined;
  /** One of the device's; fp32 when absent. */
  readonly precision?: Precision | undefined;
  /** How long a processor's thread that waits for work spins before it sleeps; the engine's own choice when absent. */
  readonly spinUs?: number;
  /** State that no run changes is written again between runs (`writeState`), instead of being part of the program for good. */
  readonly rewritten?: boolean;
  /** What can be is computed in whole numbers of eight bits, between these numbers; for a device whose traits say so. */
  readonly int8?: ActivationRanges | undefined;
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
  /** Takes these values, of every state variable, from the next run on. Of a session with `rewritten`. */
  writeState(state: Tensors): Promise<void>;
  /** Frees everything that the session holds on the device. */
  dispose(): Promise<void>;
}

export interface Engine {
  readonly kind: EngineKind;
  /** What it may compute on here, the likely fastest first, also where `absence` has something to say. Takes nothing of any device. */
  devices(): readonly Device[];
  /** Why the device cannot even be tried, one sentence with what to do; undefined when the doctor may. */
  absence(device: Device): string | undefined;
  /** Readies nothing but this process's environment, where a stand-in has to be found by it. */
  traits(device: Device): DeviceTraits;
  /** Card and driver, which a test's verdict holds for; undefined where they do not say, and it holds for one process. */
  identity?(device: Device): string | undefined;
  /** What computes, by name and version, for the run's record. */
  versions(): Readonly<Record<string, string>>;
  /**
   * Readies `program` with its first state; every state variable needs an entry of its exact size. Throws `DeviceAbsent`
   * where there is no such device, `OutOfMemory` where the program has no room on it.
   */
  prepare(program: Program, state: Tensors, options: SessionOptions): Promise<ProgramSession>;
}
