/** The messages between a training's thread and the threads that make its batches. */
import type { Batch } from '../training/batch-source.ts';
import type { TaskFailure } from './task-failure.ts';

/** Make the batch of `step`, in the memory of one that is used up where there is one. Null: no more are wanted. */
export type BatchOrder = { readonly step: number; readonly batch: Batch | undefined } | null;

export type BatchMade =
  | { readonly kind: 'made'; readonly step: number; readonly batch: Batch }
  | { readonly kind: 'failed'; readonly failure: TaskFailure };

/** What moves to the other thread instead of being copied. */
export function memoryOf({ images, labels, softTargets, dropoutNoise, branchNoise }: Batch): ArrayBuffer[] {
  return [images, labels, softTargets, dropoutNoise, branchNoise].flatMap((array) => (array ? [array.buffer] : []));
}
