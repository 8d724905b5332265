/** All engines, and which devices they have here: the one place that knows every one of them. */
import { cudaEngine } from './cuda/cuda-engine.ts';
import type { Device, EngineKind } from './device.ts';
import type { DeviceTraits, Engine } from './engine.ts';
import { onnxRuntimeEngine } from './onnxruntime/onnxruntime-engine.ts';
import { loadTensorFlow } from './tensorflow/load-tensorflow.ts';
import { tensorFlowEngine } from './tensorflow/tensorflow-engine.ts';

/** The likely fastest first. */
const engines = {
  cuda: cudaEngine,
  onnxruntime: onnxRuntimeEngine,
  tensorflow: tensorFlowEngine(loadTensorFlow),
} satisfies { readonly [Kind in EngineKind]: Engine };

export function engineOf({ engine }: Pick<Device, 'engine'>): Engine {
  return engines[engine];
}

export function traitsOf(device: Device): DeviceTraits {
  return engineOf(device).traits(device);
}

/** What the doctor lists: also what would be there if its user installed it. */
export function listedDevices(): Device[] {
  return Object.values(engines).flatMap((engine) => engine.devices());
}

/** What can be tried here. Whether it works is for the doctor. */
export function supportedDevices(): Device[] {
  return listedDevices().filter((device) => engineOf(device).absence(device) === undefined);
}
