/** The execution providers of the installed ONNX Runtime: which exist on this platform, and what each can do. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import type { Device, Provider } from '../device.ts';
import { type DeviceTraits, PROCESSOR } from '../engine.ts';
import { type InferenceSession, listSupportedBackends } from './runtime.ts';
import { useSoftwareVulkanIfAlone } from './software-vulkan.ts';

export type OnnxRuntimeProvider = Provider<'onnxruntime'>;

/** A card as numbered by the runtime's provider, which reports neither its name nor its memory. */
const card = (title: string, index: number): DeviceTraits => ({
  title,
  hardware: `card ${index}`,
  software: false,
  keepsStateOnDevice: true,
  blockedLayout: false,
  precisions: ['fp32'],
  takesPixels: false,
  int8: false,
  takesStored: false,
  savesMemory: false,
  memoryBytes: undefined,
  inOwnProcess: false,
});

/** The other providers may not support uint8 inputs; this one has been tested. */
const webgpu = (title: string, index: number): DeviceTraits => ({
  ...card(title, index),
  takesPixels: true,
  savesMemory: true,
});

/** In the order in which they are examined: the likely fastest first. */
const providers: { readonly [Name in OnnxRuntimeProvider]: (index: number) => DeviceTraits } = {
  cuda: (index) => card('NVIDIA GPU through ONNX Runtime’s CUDA', index),
  dml: (index) => card('GPU through DirectML', index),
  coreml: (index) => card('Apple GPU and Neural Engine through Core ML', index),
  webgpu: (index) =>
    useSoftwareVulkanIfAlone()
      ? { ...webgpu('SwiftShader, a software stand-in for a GPU', index), software: true, hardware: PROCESSOR }
      : webgpu('GPU through WebGPU', index),
  cpu: () => ({
    title: `${cpus()[0]?.model.trim() || 'processor'}, ${cpus().length} threads`,
    hardware: PROCESSOR,
    software: false,
    keepsStateOnDevice: false,
    blockedLayout: true,
    precisions: ['fp32'],
    takesPixels: false,
    int8: true,
    takesStored: true,
    savesMemory: false,
    memoryBytes: totalmem(),
    inOwnProcess: false,
  }),
};

/** Whether they work is for the doctor to find out. */
export function onnxRuntimeDevices(): Device<'onnxruntime'>[] {
  const listed = new Set<string>(listSupportedBackends().map(({ name }) => name));
  const known = Object.keys(providers) as OnnxRuntimeProvider[];
  return known
    .filter((provider) => listed.has(provider) && (provider !== 'cuda' || hasCudaLibraries()))
    .map((provider) => ({ engine: 'onnxruntime', provider, index: 0 }));
}

/** The user has to install them; no package of ours contains them. */
function hasCudaLibraries(): boolean {
  const runtime = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  const folder = join(runtime, 'bin/napi-v6', process.platform, process.arch);
  return existsSync(join(folder, 'libonnxruntime_providers_cuda.so'));
}

export function onnxRuntimeTraits(device: Device): DeviceTraits {
  return providers[providerOf(device)](device.index);
}

/**
 * The provider options of a session. WebGPU keeps the buffers of a run for the next: programs have fixed shapes, so
 * buffers of exactly the requested sizes come back each time (`simple`). With the runtime's own choice (`bucket`: sizes
 * rounded up to steps, so that tensors of different sizes share buffers; those above the largest step freed), a step of
 * ResNet-50 allocates and clears most of its buffers again: on an H100 it took 3.5 times as long, while half the batch
 * costs a few percent. Batches in smaller parts are therefore tried first, and `bucket` only where a single image has no
 * room. The mode is that of the first of the sessions which are open at a time in a process.
 */
export function executionProvider(provider: string, saveMemory = false): InferenceSession.ExecutionProviderConfig {
  if (provider !== 'webgpu') return provider;
  return { name: provider, storageBufferCacheMode: saveMemory ? 'bucket' : 'simple' };
}

/** Throws for another engine's device, which is a bug. */
export function providerOf(device: Device): OnnxRuntimeProvider {
  if (device.engine !== 'onnxruntime') throw new Error(`ONNX Runtime has no device ${device.engine}`);
  return device.provider;
}
