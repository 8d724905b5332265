/** All engines and the devices they have here: the one place that knows every engine. */
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

/** The devices that the doctor lists, including those that the user would still have to install. */
export function listedDevices(): Device[] {
  return Object.values(engines).flatMap((engine) => engine.devices());
}

/** The devices that can be tried here. Whether they work is for the doctor to find out. */
export function supportedDevices(): Device[] {
  return listedDevices().filter((device) => engineOf(device).absence(device) === undefined);
}
