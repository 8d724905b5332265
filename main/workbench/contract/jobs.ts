/** Long work: queued, running, paused, ended. A record of each job is kept in the project, also across a crash. */

import type { JobKind, JobState, JobUnit } from '../../catalogue/job-record.ts';
import type { Whole } from '../../pipeline/whole-progress.ts';

export type { JobKind, JobState };

export interface JobProgress {
  /** What is being done, such as “Teacher: training” or “Decoding”. */
  readonly label: string;
  /** The network that is trained or applied; null if there is none, or several. */
  readonly model: string | null;
  readonly done: number;
  /** Null while it is unknown. */
  readonly total: number | null;
  readonly unit: JobUnit;
  /** Over the last seconds; null at the beginning. */
  readonly perSecond: number | null;
  /** For the work that the label names. */
  readonly secondsLeft: number | null;
  /** For all phases together; null if there is only one. The share never goes back. */
  readonly whole: Whole | null;
  /** Such as “loss 0.312”. */
  readonly detail: string;
}

export interface Job {
  readonly id: string;
  readonly kind: JobKind;
  /** Null for work that belongs to no project. */
  readonly projectId: string | null;
  /** The name of that project. */
  readonly projectName: string | null;
  /** One line to display. */
  readonly title: string;
  /** `interrupted`: the process ended during the job; `resume` continues where it stopped. */
  readonly state: JobState;
  /** The title of the job that it waits for; null if it is not waiting. */
  readonly waitsFor: string | null;
  readonly progress: JobProgress | null;
  /** What a running job waits for, in one sentence, when it makes no progress. */
  readonly stall: string | null;
  /** Why it failed or stopped, in one sentence with what to do. */
  readonly reason: string | null;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** The run in progress, or the last one. */
  readonly runId: string | null;
  readonly device: string | null;
  /** What is known of the result, for the screen that started the job. */
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
