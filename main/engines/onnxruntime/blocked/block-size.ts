/**
 * How many channels the CPU provider's blocked convolution takes at a time: 16 with AVX-512, 8 with AVX2, none on
 * processors without either. Found by asking the runtime itself: the reordering operator pads four channels to one
 * block.
 */

import { OnnxGraph } from '../onnx-graph.ts';
import { InferenceSession, Tensor } from '../runtime.ts';

export const BLOCKED_DOMAIN = 'com.microsoft.nchwc';

let known: Promise<number | undefined> | undefined;

/** Undefined if the blocked operators do not run. Constant for the life of the process. */
export function channelBlock(): Promise<number | undefined> {
  known ??= probe();
  return known;
}

async function probe(): Promise<number | undefined> {
  const graph = new OnnxGraph();
  graph.input('x', [1, 4, 1, 1], 'float32');
  const y = graph.node('ReorderInput', ['x'], {}, BLOCKED_DOMAIN);
  graph.outputOfUnknownShape(y);
  try {
    const session = await InferenceSession.create(graph.encode(), { executionProviders: ['cpu'], logSeverityLevel: 4 });
    try {
      const result = await session.run({ x: new Tensor('float32', new Float32Array(4), [1, 4, 1, 1]) });
      const block = result[y]?.dims[1];
      return block !== undefined && block >= 8 ? block : undefined;
    } finally {
      await session.release();
    }
  } catch {
    return undefined;
  }
}
