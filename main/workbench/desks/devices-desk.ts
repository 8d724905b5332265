/**
 * The device doctor for the page. Devices are examined once per start, in the background, by a job like any other (a device
 * measured while a training runs would look too slow); memory and disk are read each time.
 */
import { statfs } from 'node:fs/promises';
import { availableParallelism, freemem, homedir, totalmem } from 'node:os';
import { type DeviceFinding, examineDevices, fastest } from '../../doctor/examine-devices.ts';
import { TESTED_TRAINING } from '../../doctor/self-test.ts';
import { deviceName } from '../../engines/device.ts';
import { PROCESSOR } from '../../engines/engine.ts';
import { listedDevices } from '../../engines/engines.ts';
import { Interrupted } from '../../failure.ts';
import { forgetFailedDevices } from '../../pipeline/steady-compute.ts';
import type { WorkbenchContext } from '../context.ts';
import type { DeviceInfo, DevicesView } from '../contract/devices.ts';
import type { Job } from '../contract/jobs.ts';
import type { DevicesDesk as Service } from '../services.ts';
import type { JobHandle } from '../work/job-work.ts';

/** Examines devices: the doctor, unless a test supplies its own findings. */
export type Examination = (signal?: AbortSignal) => AsyncIterable<DeviceFinding>;

export class DevicesDesk implements Service {
  readonly #context: WorkbenchContext;
  readonly #examination: Examination;
  #findings: readonly DeviceFinding[] | null = null;
  #jobId: string | null = null;

  constructor(context: WorkbenchContext, examination: Examination = examineDevices) {
    this.#context = context;
    this.#examination = examination;
  }

  async view(projectId: string | undefined): Promise<DevicesView> {
    if (this.#findings === null && this.#jobId === null) await this.examine();
    const disk = projectId === undefined ? homedir() : (await this.#context.projects.find(projectId)).folder;
    const { bavail, bsize } = await statfs(disk);
    const chosen = this.#findings && fastest(this.#findings);
    return {
      devices: this.#findings?.map(asInfo) ?? null,
      chosen: chosen ? deviceName(chosen.device) : null,
      why: this.#findings && why(this.#findings),
      memoryBytes: totalmem(),
      memoryFreeBytes: freeMemory(),
      cores: availableParallelism(),
      diskFreeBytes: bavail * bsize,
      disk,
    };
  }

  /** The examination that is queued or running, or a new one. */
  async examine(): Promise<Job> {
    const { jobs } = this.#context;
    const going = jobs
      .list()
      .find(({ id, state }) => id === this.#jobId && (state === 'queued' || state === 'running'));
    if (going) return going;
    const job = jobs.submit({
      kind: 'examineDevices',
      projectId: null,
      title: 'Testing the devices',
      lane: 'compute',
      // Measurements taken while other work computes are meaningless.
      hardware: null,
      work: (handle) => this.#examine(handle),
    });
    this.#jobId = job.id;
    return job;
  }

  async #examine(job: JobHandle): Promise<null> {
    const total = listedDevices().length;
    const findings: DeviceFinding[] = [];
    const tell = (detail: string) =>
      job.progress({ label: 'Testing', done: findings.length, total, unit: 'devices', detail }, 'devices');
    tell('');
    const examined = this.#examination(job.signal)[Symbol.asyncIterator]();
    for (;;) {
      // A device that hangs in its test must not keep the workbench from shutting down.
      const next = await Promise.race([examined.next(), interruption(job.signal)]);
      if (next.done) break;
      findings.push(next.value);
      const { device, traits, report } = next.value;
      tell(traits.title);
      job.log(`${deviceName(device)}: ${report.works ? 'works' : report.reason}`);
    }
    this.#findings = findings;
    forgetFailedDevices();
    for (const { device, traits, report } of findings) {
      if (!report.works || traits.software) continue;
      const { imagesPerSecond } = report;
      const place = { device: deviceName(device), threads: null };
      const measured = { ...place, kind: 'train', ...TESTED_TRAINING, imagesPerSecond } as const;
      await this.#context.rates.remember(measured);
    }
    return null;
  }
}

/** Rejects when the work is asked to stop. */
function interruption(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(new Interrupted());
    signal.addEventListener('abort', () => reject(new Interrupted()), { once: true });
  });
}

function asInfo({ device, traits, report }: DeviceFinding): DeviceInfo {
  const { title, hardware, software, precisions, memoryBytes = null } = traits;
  const known = { device: deviceName(device), name: title, onProcessor: hardware === PROCESSOR };
  return {
    ...{ ...known, software, precisions, memoryBytes, works: report.works },
    reason: report.works ? null : report.reason,
    worstError: report.works ? report.worstError : null,
    imagesPerSecond: report.works ? report.imagesPerSecond : null,
    bf16: (report.works && report.bf16) || null,
  };
}

function why(findings: readonly DeviceFinding[]): string {
  const working = findings.filter(({ report, traits }) => report.works && !traits.software).length;
  if (working === 0) return 'No device passes its test.';
  return working > 1 ? 'The fastest of those that pass their test.' : 'The only one that passes its test.';
}

/** Includes memory that the system can reclaim from its caches, where Node reports it. */
function freeMemory(): number {
  return 'availableMemory' in process ? process.availableMemory() : freemem();
}
