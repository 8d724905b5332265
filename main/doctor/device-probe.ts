/**
 * The entry of a process of its own that tests one device and says what it found as one JSON line. A broken driver can
 * abort a process; it must not be the workbench's.
 */
import { type Device, parseDevice } from '../engines/device.ts';
import { engineOf } from '../engines/engines.ts';
import { messageOf } from '../failure.ts';
import type { ProbeReport } from './examine-devices.ts';
import { measureTraining, TOLERANCE, testGradient } from './self-test.ts';

const BENCHMARK_MS = 1500;
/** A device that takes this long for its test is a software stand-in or nearly one, and is measured by small steps. */
const SLOW_TEST_MS = 4000;

async function probe(device: Device): Promise<ProbeReport> {
  const startedMs = performance.now();
  try {
    const engine = engineOf(device);
    const absence = engine.absence(device);
    if (absence !== undefined) return { works: false, reason: absence };
    const { keepsStateOnDevice } = engine.traits(device);
    const { worstError } = await testGradient(engine, device);
    if (!(worstError <= TOLERANCE)) {
      const reason = `its gradients differ from the CPU's by ${worstError.toExponential(1)} (at most ${TOLERANCE} is right)`;
      return { works: false, reason };
    }
    const batch = performance.now() - startedMs > SLOW_TEST_MS ? 2 : keepsStateOnDevice ? 16 : 64;
    const imagesPerSecond = await measureTraining(engine, device, { batch, budgetMs: BENCHMARK_MS });
    return { works: true, worstError, imagesPerSecond };
  } catch (error) {
    const [reason = ''] = messageOf(error).split('\n');
    return { works: false, reason };
  }
}

const name = process.argv.at(-1) ?? '';
const device = parseDevice(name);
if (!device) throw new Error(`the test was asked for the device ${name}, which no engine has`);
process.stdout.write(`${JSON.stringify(await probe(device))}\n`);
