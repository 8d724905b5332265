/**
 * A few real steps of real networks at their real size, to know how fast a device does them before a long run is begun. Runs
 * on a compute thread. Bounded in time: where a whole batch would take too long a smaller one is tried, and what would take
 * too long with a single image, or has no room, is not tried.
 */
import { OutOfMemory } from '../engines/device-failures.ts';
import type { Engine } from '../engines/engine.ts';
import { Interrupted } from '../failure.ts';
import { multiplyAdds, tensorBytes } from '../models/network-cost.ts';
import type { ComputeTarget } from './train-request.ts';
import { openSteps, type TriedNetwork, type TriedWork } from './trial-steps.ts';

export interface TrialRequest {
  readonly target: ComputeTarget;
  readonly works: readonly TriedWork[];
  /** What the device is known to do; undefined before the first trial, which should be of something small. */
  readonly multiplyAddsPerSecond: number | undefined;
  /** For each of the works, and for all of them. */
  readonly budgetMs: { readonly each: number; readonly all: number };
}

export interface TrialResult {
  /** Images a second of each of the works; null for one that was not tried. */
  readonly rates: readonly (number | null)[];
}

export interface TrialHost {
  shouldStop(): boolean;
}

const MOST_STEPS = 16;
/** One to warm up, one to measure, one to make ready. */
const STEPS_IN_BUDGET = 3;
/** Steps that a device is given before it is waited for. */
const STEPS_AHEAD = 4;

/** What the trials so far say of the next one. */
interface Learnt {
  multiplyAddsPerSecond: number | undefined;
  /** To make a training of a network ready, by its weights. */
  preparingMsPerByte: number;
}

/** Throws `Interrupted` between two steps. */
export async function tryWorks(request: TrialRequest, engine: Engine, host: TrialHost): Promise<TrialResult> {
  const { budgetMs, works } = request;
  const endMs = performance.now() + budgetMs.all;
  const learnt: Learnt = { multiplyAddsPerSecond: request.multiplyAddsPerSecond, preparingMsPerByte: 0 };
  const rates: (number | null)[] = [];
  for (const work of works) {
    const startMs = performance.now();
    const untilMs = Math.min(startMs + budgetMs.each, endMs);
    // No step can be stopped: of a device of which nothing is known, a single image says whether a batch is bearable.
    if (learnt.multiplyAddsPerSecond === undefined && work.batch > 1) {
      await rateOf({ ...work, batch: 1 }, { request, engine, host, untilMs: startMs, learnt });
    }
    const batch = batchWithin(work, learnt, untilMs - startMs);
    rates.push(await rateOf({ ...work, batch }, { request, engine, host, untilMs, learnt }));
  }
  return { rates };
}

/** 0 for what would take too long. */
function batchWithin(work: TriedWork, { multiplyAddsPerSecond, preparingMsPerByte }: Learnt, ms: number): number {
  if (ms <= 0) return 0;
  if (work.kind === 'look') return work.batch;
  const imageMs =
    multiplyAddsPerSecond === undefined ? 0 : (1000 * multiplyAdds(work, work.kind)) / multiplyAddsPerSecond;
  const { weights } = tensorBytes(work, 1, work.kind);
  const steppingMs = ms - (work.kind === 'train' ? preparingMsPerByte * weights : 0);
  let batch = Math.max(0, Math.min(work.batch, Math.floor(steppingMs / STEPS_IN_BUDGET / imageMs)));
  while (batch >= 1 && !hasRoom(work, batch)) batch = Math.floor(batch / 2);
  return batch;
}

/** A guess for a device, whose own memory says no by itself. */
function hasRoom(work: TriedNetwork, batch: number): boolean {
  return tensorBytes(work, batch, work.kind).all < process.availableMemory();
}

interface Trial {
  readonly request: TrialRequest;
  readonly engine: Engine;
  readonly host: TrialHost;
  readonly untilMs: number;
  readonly learnt: Learnt;
}

async function rateOf(work: TriedWork, trial: Trial): Promise<number | null> {
  for (let batch = work.batch; batch >= 1; batch = Math.floor(batch / 2)) {
    try {
      const rate = await rateOfSteps({ ...work, batch }, trial);
      if (work.kind !== 'look') trial.learnt.multiplyAddsPerSecond = rate * multiplyAdds(work, work.kind);
      return rate;
    } catch (error) {
      if (!(error instanceof OutOfMemory)) throw error;
    }
  }
  return null;
}

async function rateOfSteps(work: TriedWork, { request, engine, host, untilMs, learnt }: Trial): Promise<number> {
  const { target } = request;
  const ahead = engine.traits(target.device).keepsStateOnDevice ? STEPS_AHEAD : 1;
  const openedMs = performance.now();
  const steps = await openSteps(work, engine, target);
  if (work.kind === 'train') {
    learnt.preparingMsPerByte = (performance.now() - openedMs) / tensorBytes(work, 1, work.kind).weights;
  }
  try {
    const timeOf = async (count: number) => {
      const startMs = performance.now();
      for (let step = 0; step < count; step++) await steps.step();
      await steps.finished();
      if (host.shouldStop()) throw new Interrupted();
      return performance.now() - startMs;
    };
    // Says it too slow, but says it where there is no time for a second one.
    let [ms, done, lastMs] = [0, 0, await timeOf(1)];
    const firstMs = lastMs;
    while (done < MOST_STEPS && performance.now() + lastMs < untilMs) {
      lastMs = await timeOf(ahead);
      ms += lastMs;
      done += ahead;
    }
    return done > 0 ? (done * steps.images * 1000) / ms : (steps.images * 1000) / firstMs;
  } finally {
    await steps.dispose();
  }
}
