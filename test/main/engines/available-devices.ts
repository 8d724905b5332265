/**
 * The devices that this machine's tests run on. WebGPU runs on a software driver where one is installed, TensorFlow's engine
 * on the plain JavaScript backend of the library's web edition.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import type { DeviceKind, Engine } from '../../../main/engines/engine.ts';
import { onnxRuntimeEngine } from '../../../main/engines/onnxruntime/onnxruntime-engine.ts';
import { supportedProviders } from '../../../main/engines/onnxruntime/providers.ts';
import { useSoftwareVulkanIfAlone } from '../../../main/engines/onnxruntime/software-vulkan.ts';
import { tensorFlowEngine } from '../../../main/engines/tensorflow/tensorflow-engine.ts';
import { GraphBuilder } from '../../../main/graph/graph-builder.ts';
import { relu } from '../../../main/graph/ops/relu.ts';

/** No advice on faster backends. */
tf.env().set('IS_TEST', true);

export interface TestedDevice {
  readonly device: Extract<DeviceKind, 'cpu' | 'webgpu' | 'tensorflow'>;
  readonly engine: Engine;
  readonly present: boolean;
}

/** `cpu` and `tensorflow`, always there, and `webgpu`, whose tests are skipped, and reported as skipped, where it cannot start. */
export async function testedDevices(): Promise<TestedDevice[]> {
  return [
    { device: 'cpu', engine: onnxRuntimeEngine, present: true },
    { device: 'webgpu', engine: onnxRuntimeEngine, present: await webgpuStarts() },
    { device: 'tensorflow', engine: tensorFlowEngine(tf), present: true },
  ];
}

async function webgpuStarts(): Promise<boolean> {
  if (!supportedProviders().includes('webgpu')) return false;
  useSoftwareVulkanIfAlone();
  const graph = new GraphBuilder();
  graph.output('y', graph.applyOne(relu, [graph.input('x', [1])], {}));
  try {
    const session = await onnxRuntimeEngine.prepare(graph.build(), new Map(), { device: 'webgpu' });
    await session.dispose();
    return true;
  } catch {
    return false;
  }
}
