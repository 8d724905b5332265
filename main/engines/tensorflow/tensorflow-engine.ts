/**
 * TensorFlow, the second engine: every operation of a program is one or a few of TensorFlow's kernels, executed
 * immediately. The provider of the library decides which TensorFlow computes, and where.
 */
import type { Device } from '../device.ts';
import { type DeviceTraits, type Engine, PROCESSOR } from '../engine.ts';
import { findTensorFlow, TENSORFLOW_ABSENT } from './load-tensorflow.ts';
import type { TensorFlow } from './lowering.ts';
import { TensorFlowSession } from './tensorflow-session.ts';

const DEVICE: Device = { engine: 'tensorflow', provider: 'installed', index: 0 };
const FOR_CARDS = '@tensorflow/tfjs-node-gpu';

/**
 * `load` returns tfjs with a backend: a user's @tensorflow/tfjs-node-gpu, or @tensorflow/tfjs-core with a backend of
 * its own.
 */
export function tensorFlowEngine(load: () => TensorFlow): Engine {
  return {
    kind: 'tensorflow',
    devices: () => [DEVICE],
    absence: () => (findTensorFlow() ? undefined : TENSORFLOW_ABSENT),
    traits,
    versions() {
      const found = findTensorFlow();
      return found ? { [found.name]: found.version } : {};
    },
    async prepare(program, state) {
      const tf = load();
      await tf.ready();
      return new TensorFlowSession(tf, program, state);
    },
  };
}

/** The library does not report its device: the GPU edition is assumed to find a card. */
function traits(): DeviceTraits {
  return {
    title: 'TensorFlow',
    hardware: findTensorFlow()?.name === FOR_CARDS ? 'card 0' : PROCESSOR,
    software: false,
    keepsStateOnDevice: true,
    blockedLayout: false,
    int8: false,
    takesStored: false,
    savesMemory: false,
    precisions: ['fp32'],
    takesPixels: false,
    memoryBytes: undefined,
    inOwnProcess: false,
  };
}
