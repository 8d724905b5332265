/**
 * How long the tensors of a model may be on WebGPU before memory is short, for webgpu-memory.test.ts: a process of its own,
 * whose address space is limited once the device has started (a software device's memory is the process's own). Writes one JSON
 * line for each of the lengths in its arguments, which follow the room in MiB and `fast` or `saving`.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Device } from '../../../main/engines/device.ts';
import { OutOfMemory } from '../../../main/engines/device-failures.ts';
import { OnnxGraph } from '../../../main/engines/onnxruntime/onnx-graph.ts';
import { withKnownFailures } from '../../../main/engines/onnxruntime/provider-failures.ts';
import { executionProvider, onnxRuntimeTraits } from '../../../main/engines/onnxruntime/providers.ts';
import { InferenceSession, Tensor } from '../../../main/engines/onnxruntime/runtime.ts';

const WEBGPU: Device = { engine: 'onnxruntime', provider: 'webgpu', index: 0 };
const SIZES = 30;
const MEBIBYTE = 2 ** 20;
const WARM_UP_LENGTH = 4096;

/** The sum of the largest of eʸ over parts y of −x; every part has another length. */
function manySizes(length: number): Uint8Array {
  const graph = new OnnxGraph();
  graph.input('x', [length], 'float32');
  const largest = Array.from({ length: SIZES }, (_, index) => {
    const ends = graph.integers([length - 64 * index]);
    const part = graph.node('Slice', ['x', graph.integers([0]), ends]);
    return graph.node('ReduceMax', [graph.node('Exp', [graph.node('Neg', [part])])], { keepdims: 0 });
  });
  const sum = largest.reduce((one, other) => graph.node('Add', [one, other]));
  graph.output(sum, [], 'float32');
  return graph.encode();
}

async function fits(length: number, saveMemory: boolean): Promise<boolean> {
  try {
    const executionProviders = [executionProvider('webgpu', saveMemory)];
    const session = await InferenceSession.create(manySizes(length), { executionProviders, logSeverityLevel: 4 });
    try {
      const x = new Tensor('float32', new Float32Array(length).fill(1), [length]);
      const [sum] = Object.values(await withKnownFailures(WEBGPU, () => session.run({ x })));
      if (!(Math.abs(Number(sum?.data[0]) - SIZES / Math.E) < 1e-3)) throw new Error(`wrong sum at ${length}`);
      return true;
    } finally {
      await session.release();
    }
  } catch (error) {
    if (error instanceof OutOfMemory) return false;
    throw error;
  }
}

const [room = '', way, ...lengths] = process.argv.slice(2);
const saveMemory = way === 'saving';
// Without a card, its software stand-in.
onnxRuntimeTraits(WEBGPU);
await fits(WARM_UP_LENGTH, saveMemory);
const usedKibibytes = Number(/VmSize:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
const limit = usedKibibytes * 1024 + Number(room) * MEBIBYTE;
execFileSync('prlimit', ['--pid', String(process.pid), `--as=${limit}`]);
for (const length of lengths.map(Number)) {
  process.stdout.write(`${JSON.stringify({ length, fits: await fits(length, saveMemory) })}\n`);
}
