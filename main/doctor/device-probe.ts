/**
 * Entry of a separate process that tests one device and writes its findings as one JSON line. A broken driver can abort
 * a process, which must not be the workbench's.
 */
import { type Device, parseDevice } from '../engines/device.ts';
import type { Engine, Precision } from '../engines/engine.ts';
import { engineOf } from '../engines/engines.ts';
import { messageOf } from '../failure.ts';
import { valueAt } from '../value-at.ts';
import type { PrecisionReport, ProbeReport } from './examine-devices.ts';
import { measureTraining, TOLERANCE, testGradient } from './self-test.ts';

const BENCHMARK_MS = 1500;
/** A device that takes this long for its test is a software stand-in or nearly one, and is measured by small steps. */
const SLOW_TEST_MS = 4000;

async function probe(device: Device): Promise<ProbeReport> {
  try {
    const engine = engineOf(device);
    const absence = engine.absence(device);
    if (absence !== undefined) return { works: false, reason: absence };
    const found = new Map<Precision, PrecisionReport>();
    for (const precision of engine.traits(device).precisions) {
      const report = await probeIn(precision, engine, device);
      if ('reason' in report) return { works: false, reason: report.reason };
      found.set(precision, report);
    }
    const bf16 = found.get('bf16');
    return { works: true, ...valueAt(found, 'fp32'), ...(bf16 && { bf16 }) };
  } catch (error) {
    const [reason = ''] = messageOf(error).split('\n');
    return { works: false, reason };
  }
}

async function probeIn(
  precision: Precision,
  engine: Engine,
  device: Device,
): Promise<PrecisionReport | { readonly reason: string }> {
  const startedMs = performance.now();
  const { worstError } = await testGradient(engine, device, precision);
  const most = TOLERANCE[precision];
  if (!(worstError <= most)) {
    const what = precision === 'fp32' ? 'its gradients' : `its gradients in ${precision}`;
    return { reason: `${what} differ from the CPU's by ${worstError.toExponential(1)} (at most ${most} is right)` };
  }
  const full = engine.traits(device).keepsStateOnDevice ? 16 : 64;
  const batch = performance.now() - startedMs > SLOW_TEST_MS ? 2 : full;
  const imagesPerSecond = await measureTraining(engine, device, { batch, budgetMs: BENCHMARK_MS, precision });
  return { worstError, imagesPerSecond };
}

const name = process.argv.at(-1) ?? '';
const device = parseDevice(name);
if (!device) throw new Error(`the test was asked for the device ${name}, which no engine has`);
process.stdout.write(`${JSON.stringify(await probe(device))}\n`);
