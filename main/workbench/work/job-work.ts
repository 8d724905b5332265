/** What a desk gives to the queue, and what the queue gives to the work. */

import type { Awaited } from '../../stall-watch.ts';
import type { JobKind, JobProgress, JobResult } from '../contract/jobs.ts';
import type { ClaimedHardware } from './claim.ts';

/** Rate and time left are measured if they are not given. */
export type ProgressUpdate = Pick<JobProgress, 'label' | 'done' | 'total' | 'unit' | 'detail'> & Partial<JobProgress>;

export interface JobHandle {
  /** Aborts when the work is to stop at its next checkpoint: throw `Interrupted` then. Calling the work again continues it. */
  readonly signal: AbortSignal;
  /** Aborts when the person wants this training to end now and keep its model; `run` with another run starts a new signal. */
  readonly finishSignal: AbortSignal;
  /** Reports a step; from then on the work waits for `awaited`, or for the device. */
  progress(update: ProgressUpdate, awaited?: Awaited): void;
  /** What the work waits for from here to its next step. */
  awaits(awaited: Awaited): void;
  /** The overall progress when it was stopped before; 0 for new work. */
  readonly reached: number;
  log(text: string): void;
  /**
   * Reports the chosen device: others need not wait for more than its hardware. Throws if the job waited for other hardware
   * (because the recipe was changed meanwhile): the queue calls the work again when that hardware is free.
   */
  computesOn(hardware: string): void;
  /** The run in progress, and its device. */
  run(runId: string, device: string): void;
  /** The ids of runs kept from trainings that were ended early, also before a restart. */
  readonly kept: readonly string[];
  keep(runId: string): void;
  /** Whether ending now and keeping what was learnt is possible at present; false unless reported. */
  finishable(can: boolean): void;
}

export type JobWork = (job: JobHandle) => Promise<JobResult | null>;

/** Makes the work of a kind from its stored parameters. */
export type MakeJobWork = (projectId: string, parameters: unknown) => JobWork;

type Lane = { readonly lane: 'io' } | { readonly lane: 'compute'; readonly hardware: ClaimedHardware };

export type JobSpec = Lane & {
  readonly kind: JobKind;
  readonly projectId: string | null;
  readonly title: string;
  /** Stored as JSON, so that a registered kind can be resumed after a restart. */
  readonly parameters?: unknown;
  /** Without it, the kind must be registered. */
  readonly work?: JobWork;
};
