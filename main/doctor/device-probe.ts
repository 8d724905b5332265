/**
 * The entry of a process of its own that tests one device and says what it found as one JSON line. A broken driver can
 * abort a process; it must not be the workbench's.
 */
import type { DeviceKind } from '../engines/engine.ts';
import { onnxRuntimeEngine } from '../engines/onnxruntime/onnxruntime-engine.ts';
import { messageOf } from '../failure.ts';
import type { ProbeReport } from './examine-devices.ts';
import { measureTraining, TOLERANCE, testGradient } from './self-test.ts';

const BENCHMARK_MS = 1500;

async function probe(device: DeviceKind): Promise<ProbeReport> {
  try {
    const { worstError } = await testGradient(onnxRuntimeEngine, device);
    if (!(worstError <= TOLERANCE)) {
      const reason = `its gradients differ from the CPU's by ${worstError.toExponential(1)} (at most ${TOLERANCE} is right)`;
      return { works: false, reason };
    }
    return { works: true, worstError, imagesPerSecond: await measureTraining(onnxRuntimeEngine, device, BENCHMARK_MS) };
  } catch (error) {
    return { works: false, reason: messageOf(error).split('\n')[0] ?? '' };
  }
}

process.stdout.write(`${JSON.stringify(await probe(process.argv.at(-1) as DeviceKind))}\n`);
