/** Which devices there are, and which engine computes on each: the one place that knows all engines. */
import type { Device, DeviceKind, Engine } from './engine.ts';
import { onnxRuntimeEngine } from './onnxruntime/onnxruntime-engine.ts';
import { supportedProviders } from './onnxruntime/providers.ts';
import { findTensorFlow, loadTensorFlow } from './tensorflow/load-tensorflow.ts';
import { tensorFlowEngine } from './tensorflow/tensorflow-engine.ts';

/** Loads TensorFlow only where it is asked for. Throws `DeviceAbsent` where it is not there. */
export async function engineOf(device: DeviceKind): Promise<Engine> {
  return engineKindOf(device) === 'tensorflow' ? tensorFlowEngine(loadTensorFlow()) : onnxRuntimeEngine;
}

export function engineKindOf(device: DeviceKind): Device['engine'] {
  return device === 'tensorflow' ? 'tensorflow' : 'onnxruntime';
}

/** What ONNX Runtime brings for this platform, and TensorFlow where it is installed. Whether they work is for the doctor. */
export function supportedDevices(): DeviceKind[] {
  return [...supportedProviders(), ...(findTensorFlow() ? ['tensorflow' as const] : [])];
}
