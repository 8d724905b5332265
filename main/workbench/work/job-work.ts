/** What a desk gives to the queue, and what the queue gives to the work. */

import type { JobKind, JobProgress, JobResult } from '../contract/jobs.ts';
import type { ClaimedHardware } from './claim.ts';

export type ProgressUpdate = Omit<JobProgress, 'perSecond' | 'secondsLeft'>;

export interface JobHandle {
  /** Aborts when the work is to stop at its next checkpoint: throw `Interrupted` then. Being called again goes on. */
  readonly signal: AbortSignal;
  /** Aborts when the person wants this training to end now and its model kept; `run` with another run begins a new one. */
  readonly finishSignal: AbortSignal;
  progress(update: ProgressUpdate): void;
  log(text: string): void;
  /**
   * The device is chosen: others need not wait for more than its hardware. Throws where the job waited for other hardware
   * (the recipe was changed meanwhile): the queue calls the work again when that hardware is free.
   */
  computesOn(hardware: string): void;
  /** The run that is worked on now, and where. */
  run(runId: string, device: string): void;
  /** Whether ending now and keeping the model means anything at present; it does for `runMethod` unless said otherwise. */
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
