/** What a desk gives to the queue, and what the queue gives to the work. */

import type { Awaited } from '../../stall-watch.ts';
import type { JobKind, JobProgress, JobResult } from '../contract/jobs.ts';
import type { ClaimedHardware } from './claim.ts';

/** Rate and time left are measured where they are not given. */
export type ProgressUpdate = Pick<JobProgress, 'label' | 'done' | 'total' | 'unit' | 'detail'> & Partial<JobProgress>;

export interface JobHandle {
  /** Aborts when the work is to stop at its next checkpoint: throw `Interrupted` then. Being called again goes on. */
  readonly signal: AbortSignal;
  /** Aborts when the person wants this training to end now and its model kept; `run` with another run begins a new one. */
  readonly finishSignal: AbortSignal;
  /** A step was made; from there on the work waits for `awaited`, or for the device. */
  progress(update: ProgressUpdate, awaited?: Awaited): void;
  /** What the work waits for from here to its next step. */
  awaits(awaited: Awaited): void;
  /** How far the whole was when it was stopped before; 0 for new work. */
  readonly reached: number;
  log(text: string): void;
  /**
   * The device is chosen: others need not wait for more than its hardware. Throws where the job waited for other hardware
   * (the recipe was changed meanwhile): the queue calls the work again when that hardware is free.
   */
  computesOn(hardware: string): void;
  /** The run that is worked on now, and where. */
  run(runId: string, device: string): void;
  /** What was kept of trainings that were ended early, also before a restart. */
  readonly kept: readonly string[];
  keep(runId: string): void;
  /** Whether ending now and keeping what was learnt means anything at present; it does not unless said. */
  finishable(can: boolean): void;
}

export type JobWork = (job: JobHandle) => Promise<JobResult | null>;

/** Makes the work of a kind from what was kept of it. */
export type MakeJobWork = (projectId: string, parameters: unknown) => JobWork;

type Lane = { readonly lane: 'io' } | { readonly lane: 'compute'; readonly hardware: ClaimedHardware };

export type JobSpec = Lane & {
  readonly kind: JobKind;
  readonly projectId: string | null;
  readonly title: string;
  /** Kept as JSON, so that a registered kind can be resumed after a restart. */
  readonly parameters?: unknown;
  /** Without it, the kind must be registered. */
  readonly work?: JobWork;
};
