/**
 * The devices that this machine's tests run on. WebGPU runs on a software driver where one is installed, TensorFlow's engine
 * on the plain JavaScript backend of the library's web edition.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { CPU, type Device, sameDevice } from '../../../main/engines/device.ts';
import type { Engine, ProgramSession } from '../../../main/engines/engine.ts';
import { onnxRuntimeEngine } from '../../../main/engines/onnxruntime/onnxruntime-engine.ts';
import { tensorFlowEngine } from '../../../main/engines/tensorflow/tensorflow-engine.ts';
import { GraphBuilder } from '../../../main/graph/graph-builder.ts';
import { relu } from '../../../main/graph/ops/relu.ts';

/** No advice on faster backends. */
tf.env().set('IS_TEST', true);

export const WEBGPU: Device<'onnxruntime'> = { engine: 'onnxruntime', provider: 'webgpu', index: 0 };
export const TENSORFLOW: Device<'tensorflow'> = { engine: 'tensorflow', provider: 'installed', index: 0 };

/** Set by `npm run test:gpu`: includes what takes minutes on a software GPU. */
export const EVERYTHING = process.env.PARITY === 'everything';

export interface TestedDevice {
  readonly name: 'cpu' | 'webgpu' | 'tensorflow';
  readonly device: Device;
  readonly engine: Engine;
  readonly present: boolean;
}

/**
 * `cpu` and `tensorflow`, always available, and `webgpu`, whose tests are skipped, and reported as skipped, if it
 * cannot start.
 */
export async function testedDevices(): Promise<TestedDevice[]> {
  return [
    { name: 'cpu', device: CPU, engine: onnxRuntimeEngine, present: true },
    { name: 'webgpu', device: WEBGPU, engine: onnxRuntimeEngine, present: await webgpuStarts() },
    { name: 'tensorflow', device: TENSORFLOW, engine: tensorFlowEngine(() => tf), present: true },
  ];
}

/**
 * Never disposed of: with its last session the runtime drops its compiled kernels, which take seconds each time on a
 * software GPU.
 */
let openOnWebgpu: ProgramSession | undefined;

async function webgpuStarts(): Promise<boolean> {
  if (!onnxRuntimeEngine.devices().some((device) => sameDevice(device, WEBGPU))) return false;
  // Without a card, its software stand-in.
  onnxRuntimeEngine.traits(WEBGPU);
  const graph = new GraphBuilder();
  graph.output('y', graph.applyOne(relu, [graph.input('x', [1])], {}));
  try {
    openOnWebgpu = await onnxRuntimeEngine.prepare(graph.build(), new Map(), { device: WEBGPU });
    return openOnWebgpu !== undefined;
  } catch {
    return false;
  }
}
