/** The messages between the workbench and a compute thread, and the tasks that such a thread supports. */
import type { CopiesProgress, CopiesRequest } from '../images/copies.ts';
import type { FoundRepeats, RepeatsRequest } from '../images/repeats.ts';
import type { MeasuredRanges, RangesRequest } from '../training/activation-ranges.ts';
import type { EmbedProgress, EmbedRequest, EmbedResult } from '../training/embed.ts';
import type { AskHeadRequest, TrainHeadRequest, TrainHeadResult } from '../training/feature-classifier.ts';
import type { FamiliarRequest } from '../training/learn-familiar.ts';
import type { LookRequest } from '../training/look-at-files.ts';
import type { NearCopiesRequest } from '../training/near-copies.ts';
import type { PredictRequest, PredictResult, ScoredBatch } from '../training/predict-request.ts';
import type { SeenFiles, SeeRequest } from '../training/see-files.ts';
import type { SpreadRequest } from '../training/spread.ts';
import type { TrainProgress } from '../training/train.ts';
import type { TrainRequest, TrainResult } from '../training/train-request.ts';
import type { TrialRequest, TrialResult } from '../training/trial.ts';
import type { TaskFailure } from './task-failure.ts';

export interface ComputeTasks {
  readonly train: { request: TrainRequest; event: TrainProgress; result: TrainResult };
  readonly predict: { request: PredictRequest; event: ScoredBatch; result: PredictResult };
  /** The events are numbers of pictures. */
  readonly learnFamiliar: { request: FamiliarRequest; event: number; result: boolean };
  readonly measureRanges: { request: RangesRequest; event: never; result: MeasuredRanges };
  readonly embed: { request: EmbedRequest; event: EmbedProgress; result: EmbedResult };
  readonly trainHead: { request: TrainHeadRequest; event: never; result: TrainHeadResult };
  readonly trial: { request: TrialRequest; event: never; result: TrialResult };
  readonly askHead: { request: AskHeadRequest; event: ScoredBatch; result: PredictResult };
  readonly seeFiles: { request: SeeRequest; event: never; result: SeenFiles };
  readonly nearCopies: { request: NearCopiesRequest; event: never; result: number[][] };
  readonly copies: { request: CopiesRequest; event: CopiesProgress; result: number[][] };
  readonly repeats: { request: RepeatsRequest; event: never; result: FoundRepeats };
  readonly spread: { request: SpreadRequest; event: never; result: Int32Array };
  readonly lookAtFiles: { request: LookRequest; event: ScoredBatch; result: PredictResult };
}

export type TaskName = keyof ComputeTasks;

export interface TaskOptions<Name extends TaskName> {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: (event: ComputeTasks[Name]['event']) => void;
}

/** Runs a compute task, wherever that happens. */
export type RunTask = <Name extends TaskName>(
  name: Name,
  request: ComputeTasks[Name]['request'],
  options?: TaskOptions<Name>,
) => Promise<ComputeTasks[Name]['result']>;

/** Values of the shared flag: continue, or stop between steps. */
export const STOP = { goOn: 0, stop: 1 } as const;

/** An order to a compute thread: a task, or null to end. */
export type TaskOrder = TaskStart | null;

/** One task. `stop` is a shared 32-bit flag, one of `STOP`. */
export interface TaskStart<Name extends TaskName = TaskName> {
  readonly name: Name;
  readonly request: ComputeTasks[Name]['request'];
  readonly stop: Int32Array;
}

export type TaskMessage<Name extends TaskName = TaskName> =
  | { readonly kind: 'event'; readonly event: ComputeTasks[Name]['event'] }
  | { readonly kind: 'finished'; readonly result: ComputeTasks[Name]['result'] }
  | { readonly kind: 'failed'; readonly failure: TaskFailure };

/** An order to a compute process: a task, stopping the current one, or ending. */
export type ProcessOrder = Pick<TaskStart, 'name' | 'request'> | 'stop' | 'end';
