/**
 * The entry of a process of its own that tests one device and says what it found as one JSON line. A broken driver can
 * abort a process; it must not be the workbench's.
 */
import type { DeviceKind } from '../engines/engine.ts';
import { engineOf } from '../engines/engine-of.ts';
import { messageOf } from '../failure.ts';
import type { ProbeReport } from './examine-devices.ts';
import { measureTraining, TOLERANCE, testGradient } from './self-test.ts';

const BENCHMARK_MS = 1500;
/** A device that takes this long for its test is a software stand-in or nearly one, and is measured by small steps. */
const SLOW_TEST_MS = 4000;

async function probe(device: DeviceKind): Promise<ProbeReport> {
  const startedMs = performance.now();
  try {
    const engine = await engineOf(device);
    const { worstError } = await testGradient(engine, device);
    if (!(worstError <= TOLERANCE)) {
      const reason = `its gradients differ from the CPU's by ${worstError.toExponential(1)} (at most ${TOLERANCE} is right)`;
      return { works: false, reason };
    }
    const batch = performance.now() - startedMs > SLOW_TEST_MS ? 2 : device === 'cpu' ? 64 : 16;
    const imagesPerSecond = await measureTraining(engine, device, { batch, budgetMs: BENCHMARK_MS });
    return { works: true, worstError, imagesPerSecond };
  } catch (error) {
    return { works: false, reason: inWords(device, messageOf(error)) };
  }
}

/** What the runtime says most often where a device is not there, for people; anything else as it stands. */
function inWords(device: DeviceKind, message: string): string {
  if (device === 'cuda' && message.includes('Failed to load shared library')) {
    return "CUDA's libraries are not on this machine, which is fine: a GPU also works through WebGPU";
  }
  if (device === 'webgpu' && message.includes('Failed to get a WebGPU adapter')) {
    return 'no GPU with a driver for Vulkan, Direct3D 12 or Metal was found';
  }
  return message.split('\n')[0] ?? '';
}

process.stdout.write(`${JSON.stringify(await probe(process.argv.at(-1) as DeviceKind))}\n`);
