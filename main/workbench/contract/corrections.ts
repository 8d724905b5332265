/** From a label that was put right to what it came to: what is to be done again, and what changed once it was. */
import type { SelectionChange } from '../../catalogue/two-comparisons.ts';
import type { Goal, StageName } from '../../pipeline/stages.ts';

export { selectionChanges } from '../../catalogue/two-comparisons.ts';
export type { WhatChanged } from '../../pipeline/what-changed.ts';
export type { SelectionChange };

/** What learning from the labels as they are would do again: as far as the method came before. */
export type WorkAgain =
  | {
      readonly kind: 'stale';
      readonly goal: Goal;
      readonly stages: readonly StageName[];
      /** Null where it was never measured. */
      readonly seconds: number | null;
    }
  /** The models have already learnt from these labels. */
  | { readonly kind: 'learnt' }
  /** Nothing was learnt yet, or nothing can be, for this reason. */
  | { readonly kind: 'nothing'; readonly reason: string | null };

/** Two comparisons by their runs: the newest, and the one before it, where they are not named. */
export interface ComparisonPair {
  readonly before?: string | undefined;
  readonly after?: string | undefined;
}

export interface ChangedImageWindow {
  readonly total: number;
  readonly images: readonly { readonly imageId: number; readonly classId: number }[];
}

/** An image that was classified, as the collection knows it. */
export interface ClassifiedImageInfo {
  /** Null where it is none of the collection. */
  readonly imageId: number | null;
  /** Its folder, which can be added to the collection; null for one that was dropped into the window. */
  readonly folder: string | null;
}
