/** The messages between a training's thread and the threads that make its batches. */
import type { Batch } from '../training/batch-source.ts';
import type { TaskFailure } from './task-failure.ts';

/** Requests the batch of `step`, reusing the memory of a used one if there is one. Null: no more are needed. */
export type BatchOrder = { readonly step: number; readonly batch: Batch | undefined } | null;

export type BatchMade =
  | { readonly kind: 'made'; readonly step: number; readonly batch: Batch }
  | { readonly kind: 'failed'; readonly failure: TaskFailure };

/** The buffers that are transferred to the other thread instead of copied. */
export function memoryOf({ images, labels, softTargets, dropoutNoise, branchNoise }: Batch): ArrayBuffer[] {
  const shown = images.kind === 'numbers' ? [images.images] : [images.pixels, images.views];
  return [...shown, labels, softTargets, dropoutNoise, branchNoise].flatMap((array) => (array ? [array.buffer] : []));
}
