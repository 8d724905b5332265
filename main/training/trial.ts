/**
 * A few real steps of real networks at their real size, to measure how fast a device does them before a long run is
 * started. Runs on a compute thread. Bounded in time: if a whole batch would take too long a smaller one is tried, and
 * networks that would take too long even with a single image, or to prepare, or that do not fit in memory, are not
 * tried.
 */
import { OutOfMemory } from '../engines/device-failures.ts';
import type { Engine } from '../engines/engine.ts';
import { Interrupted } from '../failure.ts';
import { multiplyAdds, type Pass, tensorBytes } from '../models/network-cost.ts';
import type { ComputeTarget } from './train-request.ts';
import { type MayGoOn, openSteps, type TriedNetwork, type TriedWork } from './trial-steps.ts';

export interface TrialRequest {
  readonly target: ComputeTarget;
  readonly works: readonly TriedWork[];
  /** The known speed of the device; undefined before the first trial, which should be of something small. */
  readonly multiplyAddsPerSecond: number | undefined;
  /** For each of the works, and for all of them. */
  readonly budgetMs: { readonly each: number; readonly all: number };
}

export interface TrialResult {
  /** Images per second for each of the works; null if it was not tried. */
  readonly rates: readonly (number | null)[];
}

export interface TrialHost {
  shouldStop(): boolean;
}

const MOST_STEPS = 16;
/** One step to warm up, one to measure, and one step's time for preparation. */
const STEPS_IN_BUDGET = 3;
/** Steps queued on a device before waiting for it. */
const STEPS_AHEAD = 4;

/**
 * The ratio of preparing a network to drawing its weights, assumed for the first network: measured with ResNet-18 on
 * two processors, where a training's weights are converted to blocks.
 */
const PREPARING_TO_DRAWING: Readonly<Record<Pass, number>> = { train: 8, predict: 3 };

/** Networks this small are prepared quickly, and say nothing about larger ones. */
const SOON_READY_BYTES = 8 * 2 ** 20;

/** What the trials so far have shown about the next one. */
interface Learnt {
  multiplyAddsPerSecond: number | undefined;
  /** Time to prepare a network, per byte of its weights. */
  readonly preparingMsPerByte: Map<Pass, number>;
}

/** A network that would not be prepared in time. */
class TooLongToPrepare extends Error {}

/** Throws `Interrupted` between two steps, and between two phases of preparing a network. */
export async function tryWorks(request: TrialRequest, engine: Engine, host: TrialHost): Promise<TrialResult> {
  const { budgetMs, works } = request;
  const endMs = performance.now() + budgetMs.all;
  const learnt: Learnt = { multiplyAddsPerSecond: request.multiplyAddsPerSecond, preparingMsPerByte: new Map() };
  const rates: (number | null)[] = [];
  for (const work of works) {
    if (host.shouldStop()) throw new Interrupted();
    const startMs = performance.now();
    const untilMs = Math.min(startMs + budgetMs.each, endMs);
    // A step cannot be stopped: on a device of unknown speed, a single image shows whether a batch is feasible.
    if (learnt.multiplyAddsPerSecond === undefined && work.batch > 1) {
      await rateOf({ ...work, batch: 1 }, { request, engine, host, untilMs, learnt, mostSteps: 1 });
    }
    const batch = batchWithin(work, learnt, untilMs - startMs);
    rates.push(await rateOf({ ...work, batch }, { request, engine, host, untilMs, learnt, mostSteps: MOST_STEPS }));
  }
  return { rates };
}

/** 0 if it would take too long. */
function batchWithin(work: TriedWork, { multiplyAddsPerSecond, preparingMsPerByte }: Learnt, ms: number): number {
  if (ms <= 0) return 0;
  if (work.kind === 'look') return work.batch;
  const imageMs =
    multiplyAddsPerSecond === undefined ? 0 : (1000 * multiplyAdds(work, work.kind)) / multiplyAddsPerSecond;
  const { weights } = tensorBytes(work, 1, work.kind);
  const steppingMs = ms - (preparingMsPerByte.get(work.kind) ?? 0) * weights;
  let batch = Math.max(0, Math.min(work.batch, Math.floor(steppingMs / STEPS_IN_BUDGET / imageMs)));
  while (batch >= 1 && !hasRoom(work, batch)) batch = Math.floor(batch / 2);
  return batch;
}

/** Only a guess for a device, which reports a lack of its own memory itself. */
function hasRoom(work: TriedNetwork, batch: number): boolean {
  return tensorBytes(work, batch, work.kind).all < process.availableMemory();
}

interface Trial {
  readonly request: TrialRequest;
  readonly engine: Engine;
  readonly host: TrialHost;
  readonly untilMs: number;
  readonly learnt: Learnt;
  readonly mostSteps: number;
}

async function rateOf(work: TriedWork, trial: Trial): Promise<number | null> {
  for (let batch = work.batch; batch >= 1; batch = Math.floor(batch / 2)) {
    try {
      const rate = await rateOfSteps({ ...work, batch }, trial);
      if (work.kind !== 'look') trial.learnt.multiplyAddsPerSecond = rate * multiplyAdds(work, work.kind);
      return rate;
    } catch (error) {
      if (error instanceof TooLongToPrepare) return null;
      if (!(error instanceof OutOfMemory)) throw error;
    }
  }
  return null;
}

function mayGoOn({ host, untilMs, learnt }: Trial): MayGoOn {
  return (pass, drawnBytes, drawingMs) => {
    if (host.shouldStop()) throw new Interrupted();
    if (drawnBytes < SOON_READY_BYTES) return;
    const perByte = learnt.preparingMsPerByte.get(pass);
    const ms = perByte === undefined ? PREPARING_TO_DRAWING[pass] * drawingMs : perByte * drawnBytes;
    if (performance.now() + ms > untilMs) throw new TooLongToPrepare();
  };
}

async function rateOfSteps(work: TriedWork, trial: Trial): Promise<number> {
  const { request, engine, host, untilMs, learnt, mostSteps } = trial;
  const { target } = request;
  const ahead = engine.traits(target.device).keepsStateOnDevice ? STEPS_AHEAD : 1;
  const openedMs = performance.now();
  const steps = await openSteps(work, engine, target, mayGoOn(trial));
  if (work.kind !== 'look') {
    const { weights } = tensorBytes(work, 1, work.kind);
    if (weights >= SOON_READY_BYTES) learnt.preparingMsPerByte.set(work.kind, (performance.now() - openedMs) / weights);
  }
  try {
    if (host.shouldStop()) throw new Interrupted();
    const timeOf = async (count: number) => {
      const startMs = performance.now();
      for (let step = 0; step < count; step++) await steps.step();
      await steps.finished();
      if (host.shouldStop()) throw new Interrupted();
      return performance.now() - startMs;
    };
    // The first step underestimates the speed, but serves if there is no time for a second one.
    let [ms, done, lastMs] = [0, 0, await timeOf(1)];
    const firstMs = lastMs;
    while (1 + done < mostSteps && performance.now() + lastMs < untilMs) {
      lastMs = await timeOf(ahead);
      ms += lastMs;
      done += ahead;
    }
    return done > 0 ? (done * steps.images * 1000) / ms : (steps.images * 1000) / firstMs;
  } finally {
    await steps.dispose();
  }
}
