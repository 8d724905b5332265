/** Long work: queued, running, paused, ended. A record of each is kept in the project, also across a crash. */

import type { JobKind, JobState, JobUnit } from '../../catalogue/job-record.ts';
import type { Whole } from '../../pipeline/whole-progress.ts';

export type { JobKind, JobState };

export interface JobProgress {
  /** What is being done, such as “Teacher: training” or “Decoding”. */
  readonly label: string;
  /** The network that learns or is asked; null where there is none, or several. */
  readonly model: string | null;
  readonly done: number;
  /** Null while it is not known. */
  readonly total: number | null;
  readonly unit: JobUnit;
  /** Of the last seconds; null at the beginning. */
  readonly perSecond: number | null;
  /** Of what the label names. */
  readonly secondsLeft: number | null;
  /** Of all phases together; null where there is but one. The share never goes back. */
  readonly whole: Whole | null;
  /** Such as “loss 0.312”. */
  readonly detail: string;
}

export interface Job {
  readonly id: string;
  readonly kind: JobKind;
  /** Null for work that belongs to no project. */
  readonly projectId: string | null;
  /** What that project is called. */
  readonly projectName: string | null;
  /** One line for a person. */
  readonly title: string;
  /** `interrupted`: the process ended under it; `resume` goes on where it stopped. */
  readonly state: JobState;
  /** The title of the job whose turn is before its own; null when it does not wait. */
  readonly waitsFor: string | null;
  readonly progress: JobProgress | null;
  /** One sentence while it runs and makes no step: what it waits for. */
  readonly stall: string | null;
  /** Why it failed or stopped, one sentence with what to do. */
  readonly reason: string | null;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** The run that is being worked on, or the last one. */
  readonly runId: string | null;
  readonly device: string | null;
  /** What is known of the outcome, for the screen that asked. */
  readonly result: JobResult | null;
  readonly can: readonly JobAction[];
}

/** `finish`: end a training now and keep the model as it is. */
export const jobActions = ['pause', 'resume', 'cancel', 'finish'] as const;
export type JobAction = (typeof jobActions)[number];

export type JobResult =
  | { readonly kind: 'imported'; readonly images: number; readonly problems: number }
  | { readonly kind: 'sampleReady'; readonly folder: string }
  | { readonly kind: 'ran'; readonly runIds: readonly string[] }
  | { readonly kind: 'experimented'; readonly experiment: string }
  | { readonly kind: 'classified'; readonly classificationId: string; readonly images: number }
  | { readonly kind: 'exported'; readonly file: string; readonly bytes: number }
  | { readonly kind: 'downloaded'; readonly file: string; readonly bytes: number };

export interface JobLogLine {
  readonly at: string;
  readonly text: string;
}
