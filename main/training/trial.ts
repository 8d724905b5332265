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

/** Throws `Interrupted` between two steps. */
export async function tryWorks(request: TrialRequest, engine: Engine, host: TrialHost): Promise<TrialResult> {
  const { budgetMs, works } = request;
  const endMs = performance.now() + budgetMs.all;
  const rates: (number | null)[] = [];
  let speed = request.multiplyAddsPerSecond;
  for (const work of works) {
    const startMs = performance.now();
    const untilMs = Math.min(startMs + budgetMs.each, endMs);
    const batch = untilMs > startMs ? batchWithin(work, speed, untilMs - startMs) : 0;
    const rate = await rateOf({ ...work, batch }, { request, engine, host, untilMs });
    if (rate !== null && work.kind !== 'look') speed = rate * multiplyAdds(work, work.kind);
    rates.push(rate);
  }
  return { rates };
}

/** 0 where a single image is too much. */
function batchWithin(work: TriedWork, speed: number | undefined, ms: number): number {
  if (work.kind === 'look') return work.batch;
  const imageMs = speed === undefined ? 0 : (1000 * multiplyAdds(work, work.kind)) / speed;
  let batch = Math.min(work.batch, Math.floor(ms / STEPS_IN_BUDGET / imageMs));
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
}

async function rateOf(work: TriedWork, trial: Trial): Promise<number | null> {
  for (let batch = work.batch; batch >= 1; batch = Math.floor(batch / 2)) {
    try {
      return await rateOfSteps({ ...work, batch }, trial);
    } catch (error) {
      if (!(error instanceof OutOfMemory)) throw error;
    }
  }
  return null;
}

async function rateOfSteps(work: TriedWork, { request, engine, host, untilMs }: Trial): Promise<number> {
  const { target } = request;
  const ahead = engine.traits(target.device).keepsStateOnDevice ? STEPS_AHEAD : 1;
  const steps = await openSteps(work, engine, target);
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
