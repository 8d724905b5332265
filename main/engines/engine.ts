/**
 * The interface of every compute engine: it takes a `Program`, runs it on a device, and keeps its state there between
 * runs. Engines know programs and nothing of networks, images or the method. `session.run` may block the calling thread
 * for the duration of a step: call it on a worker thread.
 */
import type { Program } from '../graph/program.ts';
import type { Device, EngineKind } from './device.ts';
import type { ActivationRanges } from './int8-plan.ts';

/** How numbers are stored and multiplied. */
export type Precision = 'fp32' | 'bf16';

/** The `hardware` of everything that computes on the processor itself. */
export const PROCESSOR = 'processor';

/** The capabilities of a device, as far as they are known without computing on it. */
export interface DeviceTraits {
  /** For display: the processor's or adapter's name. */
  readonly title: string;
  /**
   * The chip that does the computing, `PROCESSOR` or for example `card 0`: devices that share it are different ways to
   * one chip, and take turns.
   */
  readonly hardware: string;
  /** An emulation of a card on the processor: listed and tested, but never chosen automatically. */
  readonly software: boolean;
  /**
   * State and outputs stay in the device's own memory; a run is only submitted to it, and the host is free meanwhile.
   */
  readonly keepsStateOnDevice: boolean;
  /** Trainings use ONNX Runtime's blocked channel layout if the processor supports it. */
  readonly blockedLayout: boolean;
  readonly precisions: readonly Precision[];
  /** Images may be uploaded as bytes, which the program turns into numbers (`graph/ops/sample-pixels.ts`). */
  readonly takesPixels: boolean;
  /** Supports inference in 8-bit integers (`SessionOptions.int8`). */
  readonly int8: boolean;
  /** Can take constants from a file (`SessionOptions.stored`), so that only one copy of them is in memory. */
  readonly takesStored: boolean;
  /** Can do with less memory at the cost of speed (`SessionOptions.saveMemory`). */
  readonly savesMemory: boolean;
  /** The device's memory; undefined if unknown. */
  readonly memoryBytes: number | undefined;
  /**
   * A failure of its driver can take the process down, or is permanent within the process: it is used from a process of
   * its own.
   */
  readonly inOwnProcess: boolean;
}

/** Row-major elements; a Float32Array for float32, an Int32Array for int32, a Uint8Array for uint8. */
export type TensorData = Float32Array | Int32Array | Uint8Array;
export type Tensors = ReadonlyMap<string, TensorData>;

/** Number types of a file that a device can take constants from; all little-endian. */
export const storedTypes = ['F64', 'F32', 'F16', 'BF16'] as const;

export interface StoredTensor {
  readonly type: (typeof storedTypes)[number];
  /** Byte offset of the first number in the file; the others follow, row-major. */
  readonly from: number;
}

/** Longest path of such a file: ONNX Runtime accepts no longer setting. */
export const LONGEST_STORED_PATH_BYTES = 1000;

/** State of a program in a file, keyed by variable name. */
export interface StoredState {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

export interface SessionOptions {
  readonly device: Device;
  /** Threads for the CPU provider; all cores by default. */
  readonly threads?: number | undefined;
  /** One of the device's precisions; fp32 by default. */
  readonly precision?: Precision | undefined;
  /** How long a processor thread that waits for work spins before it sleeps; the engine's own choice by default. */
  readonly spinUs?: number;
  /**
   * State that no run changes may be replaced between runs (`writeState`), instead of being a constant of the program.
   */
  readonly rewritten?: boolean;
  /** Computes what it can in 8-bit integers, scaled to these ranges; for a device whose traits allow it. */
  readonly int8?: ActivationRanges | undefined;
  /**
   * State that no run changes, taken from a file, which must not change while the session exists. It needs no entry in
   * the initial state and cannot be read back. For a device whose traits allow it.
   */
  readonly stored?: StoredState | undefined;
  /**
   * Takes less memory, and several times as long: where not even a single image fits. Has an effect on a device whose
   * traits allow it, if this process has no other session open there.
   */
  readonly saveMemory?: boolean;
  /** Path prefix of a trace of all runs, written when the session is disposed of. */
  readonly traceTo?: string;
}

export interface ProgramSession {
  /**
   * Runs the program once: returns its outputs by name, and advances its state. `meanwhile` runs on the host while a
   * device computes; it may modify the arrays of `inputs`, which have been read by then.
   */
  run(inputs: Tensors, meanwhile?: () => Promise<void>): Promise<Map<string, Float32Array>>;
  /** Copies the current state (or the named part of it) to the host. */
  readState(names?: readonly string[]): Promise<Map<string, Float32Array>>;
  /** Replaces the values of every state variable from the next run on. For a session with `rewritten`. */
  writeState(state: Tensors): Promise<void>;
  /** Frees everything that the session holds on the device. */
  dispose(): Promise<void>;
}

export interface Engine {
  readonly kind: EngineKind;
  /**
   * The devices it may compute on here, the likely fastest first, including those with an `absence`. Allocates nothing
   * on any device.
   */
  devices(): readonly Device[];
  /** Why the device cannot even be tried, as one sentence with what to do; undefined if the doctor may test it. */
  absence(device: Device): string | undefined;
  /** Changes at most this process's environment, so that a software stand-in can be found. */
  traits(device: Device): DeviceTraits;
  /**
   * Identifies the card and driver that a test's verdict holds for; undefined if unknown, so that the verdict holds for
   * one process.
   */
  identity?(device: Device): string | undefined;
  /** The computing libraries by name and version, for the run's record. */
  versions(): Readonly<Record<string, string>>;
  /**
   * Prepares `program` with its initial state; every state variable needs an entry of its exact size. Throws
   * `DeviceAbsent` if there is no such device, `OutOfMemory` if the program does not fit on it.
   */
  prepare(program: Program, state: Tensors, options: SessionOptions): Promise<ProgramSession>;
}
