/**
 * TensorFlow, the second engine: every operation of a program is one or a few of TensorFlow's kernels, computed at once.
 * Which TensorFlow computes, and where, is for whoever brings the library.
 */
import type { Engine } from '../engine.ts';
import type { TensorFlow } from './lowering.ts';
import { TensorFlowSession } from './tensorflow-session.ts';

/** `tf` is tfjs with a backend: a user's @tensorflow/tfjs-node-gpu, or @tensorflow/tfjs-core and one of its own. */
export function tensorFlowEngine(tf: TensorFlow): Engine {
  return {
    kind: 'tensorflow',
    version: tf.version_core,
    async prepare(program, state) {
      await tf.ready();
      return new TensorFlowSession(tf, program, state);
    },
  };
}
