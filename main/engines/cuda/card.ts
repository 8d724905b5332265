/**
 * One NVIDIA card, driven through its driver: memory, kernels, launches that are recorded once and then submitted
 * together, and uploads beside them. Knows nothing of programs. Every address is on the card, but those of pinned memory.
 */

import { bytesText } from '../../amounts.ts';
import { at } from '../../at.ts';
import { DeviceAbsent, OutOfMemory } from '../device-failures.ts';
import type { TensorData } from '../engine.ts';
import { foreignFunctions } from '../foreign-functions.ts';
import {
  DriverFailed,
  type DriverLibrary,
  type HostMemory,
  KernelAbsent,
  loadDriverLibrary,
} from './driver-library.ts';

const COMPUTE_CAPABILITY_MAJOR = 75;
const COMPUTE_CAPABILITY_MINOR = 76;
const MULTIPROCESSORS = 16;
const SHARED_BYTES_A_BLOCK = 97;
const MOST_SHARED_BYTES = 8;
/** The kernels are compiled for Ampere (2020) and newer. */
const OLDEST_CAPABILITY = 8;
const NAME_BYTES = 256;
const WORD_BYTES = 8;
/** Captures only what this stream does. */
const CAPTURE_THREAD_LOCAL = 1;
const OWN_STREAM = 1;
/** For order alone: without times, and whoever waits for it leaves the processor to others. */
const ORDERING_EVENT = 3;

export interface CardFacts {
  readonly name: string;
  readonly memoryBytes: number;
  /** For example 8.6. */
  readonly capability: string;
  readonly multiprocessors: number;
  /** The most shared memory that a block may have. */
  readonly sharedBytesABlock: number;
  /** The newest CUDA version that the driver supports, for example 13.0. */
  readonly driver: string;
}

/** A launch with its arguments as 8-byte words; each argument begins at a word. */
export interface CardLaunch {
  readonly kernel: string;
  readonly grid: readonly [number, number, number];
  readonly threads: number;
  /** Shared memory of a block, beyond what the kernel has by itself. */
  readonly sharedBytes: number;
  readonly arguments: readonly (readonly bigint[])[];
}

/**
 * All cards known to the driver, in its order. Creates no context. Throws `DeviceAbsent` if there is no driver or no
 * card.
 */
export function listCards(library?: string): CardFacts[] {
  const driver = loadDriverLibrary(library);
  driver.cuInit(0);
  const count = int((out) => driver.cuDeviceGetCount(out));
  return Array.from({ length: count }, (_, index) =>
    factsOf(
      driver,
      int((out) => driver.cuDeviceGet(out, index)),
    ),
  );
}

/** Names the card and its driver. */
export function cardTitle({ name, capability, driver }: CardFacts): string {
  return `${name}, compute capability ${capability}, driver for CUDA ${driver}`;
}

/** Why the kernels cannot run on the card, in a sentence; undefined if they can. */
export function tooOld({ name, capability }: CardFacts): string | undefined {
  if (Number.parseInt(capability, 10) >= OLDEST_CAPABILITY) return undefined;
  return `The card ${name} is older than what this engine computes on (compute capability ${capability}, at least ${OLDEST_CAPABILITY}.0 is needed): it works as the device webgpu.`;
}

function factsOf(driver: DriverLibrary, device: number): CardFacts {
  const attribute = (which: number) => int((out) => driver.cuDeviceGetAttribute(out, which, device));
  const name = Buffer.alloc(NAME_BYTES);
  driver.cuDeviceGetName(name, NAME_BYTES, device);
  const version = int((out) => driver.cuDriverGetVersion(out));
  return {
    name: name.toString('utf8', 0, name.indexOf(0)),
    memoryBytes: Number(word((out) => driver.cuDeviceTotalMem_v2(out, device))),
    capability: `${attribute(COMPUTE_CAPABILITY_MAJOR)}.${attribute(COMPUTE_CAPABILITY_MINOR)}`,
    multiprocessors: attribute(MULTIPROCESSORS),
    sharedBytesABlock: attribute(SHARED_BYTES_A_BLOCK),
    driver: `${Math.floor(version / 1000)}.${(version % 1000) / 10}`,
  };
}

/** Each does its work in order; nothing orders the two but events. */
type StreamName = 'compute' | 'uploads';

/** The card whose context is this thread's current one. */
let current: Card | undefined;

export class Card {
  readonly facts: CardFacts;
  readonly #driver: DriverLibrary;
  readonly #device: number;
  readonly #context: bigint;
  readonly #sources: readonly (() => string)[];
  /** Those that were loaded, the first of the sources. */
  readonly #modules: bigint[] = [];
  readonly #stream: bigint;
  /** Copies from pinned memory alone, beside the launches. */
  readonly #uploads: bigint;
  readonly #kernels = new Map<string, bigint>();

  private constructor(driver: DriverLibrary, index: number, sources: readonly (() => string)[]) {
    this.#driver = driver;
    this.#sources = sources;
    driver.cuInit(0);
    const count = int((out) => driver.cuDeviceGetCount(out));
    if (index >= count) {
      throw new DeviceAbsent(`The NVIDIA driver knows ${count} cards, and none of them is number ${index}.`);
    }
    this.#device = int((out) => driver.cuDeviceGet(out, index));
    this.facts = factsOf(driver, this.#device);
    const age = tooOld(this.facts);
    if (age !== undefined) throw new DeviceAbsent(age);
    this.#context = word((out) => driver.cuDevicePrimaryCtxRetain(out, this.#device));
    this.#enter();
    this.#stream = word((out) => driver.cuStreamCreate(out, OWN_STREAM));
    this.#uploads = word((out) => driver.cuStreamCreate(out, OWN_STREAM));
  }

  /**
   * Throws `DeviceAbsent` if there is no driver, or no such card that can run the kernels.
   * @param sources the kernels as modules of PTX, which the driver compiles for the card when one is needed
   * @param library the driver's file, if not the system's own
   */
  static open(index: number, sources: readonly (() => string)[], library?: string): Card {
    return new Card(loadDriverLibrary(library), index, sources);
  }

  /**
   * Throws `OutOfMemory`, also for what only fits into the computer's own memory, which a driver on Windows would use
   * instead, many times slower.
   */
  allocate(bytes: number): bigint {
    const driver = this.#enter();
    const [free, total] = [new BigUint64Array(1), new BigUint64Array(1)];
    driver.cuMemGetInfo_v2(free, total);
    if (bytes > Number(at(free, 0))) {
      throw new OutOfMemory(
        `The program needs ${bytesText(bytes)} of the card's memory, and ${bytesText(Number(at(free, 0)))} of ${bytesText(Number(at(total, 0)))} are free.`,
      );
    }
    return word((out) => driver.cuMemAlloc_v2(out, BigInt(bytes)));
  }

  free(address: bigint): void {
    this.#enter().cuMemFree_v2(address);
  }

  /**
   * Returns when `data` may be modified. Ordered with the launches: earlier ones read the old contents, even if they
   * are still running. (The driver copies pageable memory to a buffer if it does not wait.)
   */
  upload(address: bigint, data: TensorData | BigUint64Array): void {
    this.#enter().cuMemcpyHtoDAsync_v2(address, data, BigInt(data.byteLength), this.#stream);
  }

  /**
   * Memory of the computer that the card reads by itself, beside its launches; undefined where the driver has none to
   * give. Addresses within it are for `writePinned` and `uploadPinned`.
   */
  allocatePinned(bytes: number): bigint | undefined {
    const driver = this.#enter();
    try {
      return word((out) => driver.cuMemHostAlloc(out, BigInt(bytes), 0));
    } catch (error) {
      if (error instanceof OutOfMemory || error instanceof DriverFailed) return undefined;
      throw error;
    }
  }

  /** After every upload from it is done. */
  freePinned(address: bigint): void {
    this.#enter().cuMemFreeHost(address);
  }

  /** Copies `data` there before it returns. */
  writePinned(address: bigint, data: TensorData): void {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    foreignFunctions().encode(address, 'uint8_t', bytes, bytes.length);
  }

  /** Returns at once, in the order of uploads alone: the pinned memory is read at some time before an event marked after it. */
  uploadPinned(address: bigint, pinned: bigint, bytes: number): void {
    const host = foreignFunctions().as(pinned, 'void *') as unknown as HostMemory;
    this.#enter().cuMemcpyHtoDAsync_v2(address, host, BigInt(bytes), this.#uploads);
  }

  /** From one place on the card to another, in the order of the launches. */
  copy(to: bigint, from: bigint, bytes: number): void {
    this.#enter().cuMemcpyDtoDAsync_v2(to, from, BigInt(bytes), this.#stream);
  }

  /** An event that counts as reached until it is first marked. */
  createEvent(): bigint {
    const driver = this.#enter();
    return word((out) => driver.cuEventCreate(out, ORDERING_EVENT));
  }

  destroyEvent(event: bigint): void {
    this.#enter().cuEventDestroy_v2(event);
  }

  /** The event is reached when all is done that the stream was given so far. */
  mark(event: bigint, stream: StreamName): void {
    this.#enter().cuEventRecord(event, this.#streamOf(stream));
  }

  /** What the stream is given from now on is not begun before the event is reached. */
  hold(stream: StreamName, event: bigint): void {
    this.#enter().cuStreamWaitEvent(this.#streamOf(stream), event, 0);
  }

  /** Returns when the event is reached. */
  waitFor(event: bigint): void {
    this.#enter().cuEventSynchronize(event);
  }

  /** Waits for all earlier launches. */
  download(address: bigint, elements: number): Float32Array {
    this.wait();
    const data = new Float32Array(elements);
    this.#enter().cuMemcpyDtoH_v2(data, address, BigInt(data.byteLength));
    return data;
  }

  wait(): void {
    this.#enter().cuStreamSynchronize(this.#stream);
  }

  /** Records launches that are then submitted to the card as one, each time `launch` is called. */
  record(launches: readonly CardLaunch[]): RecordedLaunches {
    const driver = this.#enter();
    // No module may be loaded while launches are recorded.
    for (const { kernel, sharedBytes } of launches) this.#kernel(kernel, sharedBytes);
    const kept = new ArgumentMemory(launches);
    try {
      driver.cuStreamBeginCapture_v2(this.#stream, CAPTURE_THREAD_LOCAL);
      for (const [index, launch] of launches.entries()) this.#launch(launch, kept.pointersOf(index));
      const graph = word((out) => driver.cuStreamEndCapture(this.#stream, out));
      const executable = word((out) => driver.cuGraphInstantiateWithFlags(out, graph, 0n));
      driver.cuGraphDestroy(graph);
      return {
        launch: () => this.#enter().cuGraphLaunch(executable, this.#stream),
        dispose: () => this.#enter().cuGraphExecDestroy(executable),
      };
    } finally {
      // The graph keeps its own copies.
      kept.free();
    }
  }

  /** Submits the launches one by one and waits for them: how long the card took for each, in milliseconds. */
  time(launches: readonly CardLaunch[]): number[] {
    const driver = this.#enter();
    const kept = new ArgumentMemory(launches);
    const events: bigint[] = [];
    const mark = () => {
      const event = word((out) => driver.cuEventCreate(out, 0));
      events.push(event);
      driver.cuEventRecord(event, this.#stream);
    };
    try {
      mark();
      for (const [index, launch] of launches.entries()) {
        this.#launch(launch, kept.pointersOf(index));
        mark();
      }
      this.wait();
      return launches.map((_, index) => {
        const milliseconds = new Float32Array(1);
        driver.cuEventElapsedTime(milliseconds, at(events, index), at(events, index + 1));
        return at(milliseconds, 0);
      });
    } finally {
      this.lettingGo(() => {
        for (const event of events) driver.cuEventDestroy_v2(event);
      });
      kept.free();
    }
  }

  close(): void {
    this.lettingGo(() => {
      const driver = this.#enter();
      for (const stream of [this.#uploads, this.#stream]) driver.cuStreamDestroy_v2(stream);
      for (const module of this.#modules) driver.cuModuleUnload(module);
      driver.cuDevicePrimaryCtxRelease_v2(this.#device);
    });
    if (current === this) current = undefined;
  }

  /** A failed card has nothing left to free, and the failure has already been reported to the caller that hit it. */
  lettingGo(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof DriverFailed)) throw error;
    }
  }

  /** The driver, with this card's context current on this thread. */
  #enter(): DriverLibrary {
    if (current !== this) this.#driver.cuCtxSetCurrent(this.#context);
    current = this;
    return this.#driver;
  }

  #streamOf(name: StreamName): bigint {
    return name === 'compute' ? this.#stream : this.#uploads;
  }

  #launch({ kernel, grid: [x, y, z], threads, sharedBytes }: CardLaunch, pointers: HostMemory): void {
    const own = this.#kernel(kernel, sharedBytes);
    this.#driver.cuLaunchKernel(own, x, y, z, threads, 1, 1, sharedBytes, this.#stream, pointers, null);
  }

  /** A kernel needs as much shared memory at each launch. */
  #kernel(name: string, sharedBytes: number): bigint {
    const known = this.#kernels.get(name);
    if (known !== undefined) return known;
    const kernel = this.#find(name);
    if (sharedBytes > 0) this.#driver.cuFuncSetAttribute(kernel, MOST_SHARED_BYTES, sharedBytes);
    this.#kernels.set(name, kernel);
    return kernel;
  }

  /** Looks through the modules in their order, and loads those that are not loaded yet. */
  #find(name: string): bigint {
    for (const [index, source] of this.#sources.entries()) {
      const known = this.#modules[index];
      const module = known ?? word((out) => this.#driver.cuModuleLoadData(out, source()));
      if (known === undefined) this.#modules.push(module);
      try {
        return word((out) => this.#driver.cuModuleGetFunction(out, module, name));
      } catch (error) {
        if (!(error instanceof KernelAbsent)) throw error;
      }
    }
    throw new DriverFailed(`no module of this engine has the kernel ${name}`);
  }
}

export interface RecordedLaunches {
  launch(): void;
  dispose(): void;
}

/**
 * The arguments of many launches in one block of native memory, since the garbage collector may move JavaScript's own.
 */
class ArgumentMemory {
  readonly #memory: HostMemory;
  readonly #pointers: bigint[];

  constructor(launches: readonly CardLaunch[]) {
    const words = launches.flatMap((launch) => launch.arguments.flat());
    const count = launches.reduce((sum, launch) => sum + launch.arguments.length, 0);
    const koffi = foreignFunctions();
    this.#memory = koffi.alloc('uint64_t', Math.max(1, words.length + count));
    const start = koffi.address(this.#memory);
    const pointers: bigint[] = [];
    this.#pointers = [];
    let place = 0;
    for (const launch of launches) {
      this.#pointers.push(start + BigInt(WORD_BYTES * (words.length + pointers.length)));
      for (const argument of launch.arguments) {
        pointers.push(start + BigInt(WORD_BYTES * place));
        place += argument.length;
      }
    }
    const all = [...words, ...pointers];
    if (all.length > 0) koffi.encode(this.#memory, 'uint64_t', all, all.length);
  }

  /** The array of pointers to a launch's arguments. */
  pointersOf(launch: number): HostMemory {
    return foreignFunctions().as(at(this.#pointers, launch), 'void *') as unknown as HostMemory;
  }

  free(): void {
    foreignFunctions().free(this.#memory);
  }
}

function int(call: (out: Int32Array) => void): number {
  const out = new Int32Array(1);
  call(out);
  return at(out, 0);
}

function word(call: (out: BigUint64Array) => void): bigint {
  const out = new BigUint64Array(1);
  call(out);
  return at(out, 0);
}
