/**
 * NVIDIA's driver as a library: the functions that this engine calls, declared in one table of their arguments.
 * Nothing, not even koffi, is loaded until the driver is first used.
 */
import { messageOf } from '../../failure.ts';
import { DeviceAbsent, OutOfMemory } from '../device-failures.ts';
import { foreignFunctions } from '../foreign-functions.ts';

/** The C type of each kind of argument; device addresses and handles are 64-bit integers. */
const TYPES = { int: 'int', uint: 'uint', word: 'uint64', host: 'void *', text: 'str' } as const;

interface Arguments {
  readonly int: number;
  readonly uint: number;
  readonly word: bigint;
  /** Memory of this process; the call reads or writes it before it returns, unless it is pinned. */
  readonly host: NodeJS.ArrayBufferView | HostMemory | null;
  readonly text: string;
}

/** Memory that koffi allocated outside JavaScript. */
export type HostMemory = { readonly __hostMemory: never };

const calls = {
  cuCtxSetCurrent: ['word'],
  cuDeviceGet: ['host', 'int'],
  cuDeviceGetAttribute: ['host', 'int', 'int'],
  cuDeviceGetCount: ['host'],
  cuDeviceGetName: ['host', 'int', 'int'],
  cuDevicePrimaryCtxRelease_v2: ['int'],
  cuDevicePrimaryCtxRetain: ['host', 'int'],
  cuDeviceTotalMem_v2: ['host', 'int'],
  cuDriverGetVersion: ['host'],
  cuFuncSetAttribute: ['word', 'int', 'int'],
  cuEventCreate: ['host', 'uint'],
  cuEventDestroy_v2: ['word'],
  cuEventElapsedTime: ['host', 'word', 'word'],
  cuEventRecord: ['word', 'word'],
  cuEventSynchronize: ['word'],
  cuGraphDestroy: ['word'],
  cuGraphExecDestroy: ['word'],
  cuGraphInstantiateWithFlags: ['host', 'word', 'word'],
  cuGraphLaunch: ['word', 'word'],
  cuInit: ['uint'],
  cuLaunchKernel: ['word', 'uint', 'uint', 'uint', 'uint', 'uint', 'uint', 'uint', 'word', 'host', 'host'],
  cuMemAlloc_v2: ['host', 'word'],
  cuMemFreeHost: ['word'],
  cuMemFree_v2: ['word'],
  cuMemGetInfo_v2: ['host', 'host'],
  cuMemHostAlloc: ['host', 'word', 'uint'],
  cuMemcpyDtoDAsync_v2: ['word', 'word', 'word', 'word'],
  cuMemcpyDtoH_v2: ['host', 'word', 'word'],
  cuMemcpyHtoDAsync_v2: ['word', 'host', 'word', 'word'],
  cuModuleGetFunction: ['host', 'word', 'text'],
  cuModuleLoadData: ['host', 'text'],
  cuModuleUnload: ['word'],
  cuStreamBeginCapture_v2: ['word', 'int'],
  cuStreamCreate: ['host', 'uint'],
  cuStreamDestroy_v2: ['word'],
  cuStreamEndCapture: ['word', 'host'],
  cuStreamSynchronize: ['word'],
  cuStreamWaitEvent: ['word', 'word', 'uint'],
} as const satisfies Readonly<Record<string, readonly (keyof Arguments)[]>>;

type ArgumentsOf<Kinds extends readonly (keyof Arguments)[]> = { [Index in keyof Kinds]: Arguments[Kinds[Index]] };
/** Each function throws the driver's error: `OutOfMemory` if there is no memory left, otherwise `DriverFailed`. */
export type DriverLibrary = {
  readonly [Name in keyof typeof calls]: (...values: ArgumentsOf<(typeof calls)[Name]>) => void;
};

const OUT_OF_MEMORY = 2;
const NO_DEVICE = 100;
const NOT_FOUND = 500;

/** The driver's file, which the system finds by name, unless UNDERSTUDY_CUDA_DRIVER gives its path. */
export function driverFile(platform: NodeJS.Platform = process.platform, environment = process.env): string {
  return environment.UNDERSTUDY_CUDA_DRIVER || (platform === 'win32' ? 'nvcuda.dll' : 'libcuda.so.1');
}

/** A driver call failed for a reason other than lack of memory: a bug, or a device that is lost to this process. */
export class DriverFailed extends Error {
  override readonly name = 'DriverFailed';
}

/** A module has no kernel of that name. */
export class KernelAbsent extends DriverFailed {}

/** Throws `DeviceAbsent` if there is no such library, or if it is too old to have all functions. */
export function loadDriverLibrary(file = driverFile()): DriverLibrary {
  let nameOf: (code: number) => string;
  const functions = new Map<string, (...values: unknown[]) => number>();
  try {
    const koffi = foreignFunctions();
    const library = koffi.load(file);
    for (const [name, kinds] of Object.entries(calls)) {
      functions.set(
        name,
        library.func(
          name,
          'int',
          kinds.map((kind) => TYPES[kind]),
        ),
      );
    }
    const errorName = library.func('cuGetErrorName', 'int', ['int', koffi.out(koffi.pointer('str'))]);
    nameOf = (code) => {
      const name: (string | null)[] = [null];
      errorName(code, name);
      return name[0] ?? `error ${code}`;
    };
  } catch (error) {
    const reason = `${file}: ${messageOf(error).split('\n')[0]}`;
    throw new DeviceAbsent(
      `No NVIDIA driver answers on this computer (${reason}): install it where there is an NVIDIA card; any other GPU is the device webgpu.`,
      { cause: error },
    );
  }
  const called = [...functions].map(([name, call]) => [
    name,
    (...values: unknown[]) => {
      const code = call(...values);
      if (code === OUT_OF_MEMORY) throw new OutOfMemory('The NVIDIA driver has no more memory for this program.');
      if (code === NO_DEVICE) throw new DeviceAbsent('The NVIDIA driver finds no card: compute on another device.');
      if (code === NOT_FOUND) throw new KernelAbsent(`the NVIDIA driver says ${nameOf(code)} to ${name}`);
      if (code !== 0) throw new DriverFailed(`the NVIDIA driver says ${nameOf(code)} to ${name}`);
    },
  ]);
  // Built from the same table that the type is derived from.
  return Object.fromEntries(called) as DriverLibrary;
}
