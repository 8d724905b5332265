/** Where the time of a run goes on a device that executes queued commands: the device's time and the host's. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Program } from '../../graph/program.ts';
import type { SessionOptions, Tensors } from '../engine.ts';
import { onnxRuntimeEngine } from './onnxruntime-engine.ts';

/** Means over the runs after the first, which compiles. */
export interface RunProfile {
  /** Commands to the device in one run. */
  readonly dispatches: number;
  /** How long the device was busy with them. */
  readonly deviceMs: number;
  /** How long the host took to encode them. */
  readonly encodingMs: number;
  /** Wall-clock time from call to result, including the overhead of measuring. */
  readonly wallMs: number;
  /** Kernels that the first run had not compiled; 0 in the steady state. */
  readonly newKernels: number;
  /** Operations that the provider left to the processor; each makes the device wait. */
  readonly onProcessor: number;
  /** The device's time by kind of kernel, the longest first. */
  readonly kernels: readonly KernelShare[];
}

interface KernelShare {
  readonly kernel: string;
  readonly dispatches: number;
  readonly deviceMs: number;
}

interface TraceEvent {
  readonly cat: string;
  readonly name: string;
  /** Microseconds. */
  readonly dur: number;
  readonly args?: { readonly cache_key?: string; readonly provider?: string };
}

const RUNS = 4;
/** Of the name of a command: node, operator and kernel. */
const KIND = /&([^&]+)$/;

/** Undefined if the provider does not report its commands (the CPU). */
export async function profileRuns(
  program: Program,
  state: Tensors,
  inputs: Tensors,
  options: SessionOptions,
): Promise<RunProfile | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-profile-'));
  try {
    const session = await onnxRuntimeEngine.prepare(program, state, { ...options, traceTo: join(folder, 'trace') });
    try {
      for (let run = 0; run < RUNS; run++) await session.run(inputs);
    } finally {
      await session.dispose();
    }
    const [name = ''] = await readdir(folder);
    return profileOf(JSON.parse(await readFile(join(folder, name), 'utf8')) as TraceEvent[]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function profileOf(events: readonly TraceEvent[]): RunProfile | undefined {
  const orders = events.filter(({ cat }) => cat === 'Api');
  const perRun = orders.length / RUNS;
  if (perRun === 0) return undefined;
  const known = new Set(orders.slice(0, perRun).map(keyOf));
  const steady = orders.slice(perRun);
  const mean = (found: readonly TraceEvent[]) => found.reduce((sum, { dur }) => sum + dur, 0) / 1000 / (RUNS - 1);
  const session = (name: string) =>
    mean(events.filter((event) => event.cat === 'Session' && event.name === name).slice(1));
  return {
    dispatches: perRun,
    deviceMs: mean(steady),
    encodingMs: session('SequentialExecutor::Execute'),
    wallMs: session('model_run'),
    onProcessor: events.filter(({ args }) => args?.provider === 'CPUExecutionProvider').length / RUNS,
    kernels: kernelsOf(steady),
    newKernels: new Set(steady.map(keyOf).filter((key) => !known.has(key))).size,
  };
}

function kernelsOf(steady: readonly TraceEvent[]): KernelShare[] {
  const found = new Map<string, { dispatches: number; microseconds: number }>();
  for (const { name, dur } of steady) {
    const kernel = KIND.exec(name)?.[1] ?? name;
    const { dispatches, microseconds } = found.get(kernel) ?? { dispatches: 0, microseconds: 0 };
    found.set(kernel, { dispatches: dispatches + 1, microseconds: microseconds + dur });
  }
  return [...found]
    .map(([kernel, { dispatches, microseconds }]) => ({
      ...{ kernel, dispatches: dispatches / (RUNS - 1) },
      deviceMs: microseconds / 1000 / (RUNS - 1),
    }))
    .sort((a, b) => b.deviceMs - a.deviceMs);
}

function keyOf({ name, args }: TraceEvent): string {
  return args?.cache_key ?? name;
}
