/** What corrected labels require and change: the work to repeat, and the differences once it is done. */
import type { SelectionChange } from '../../catalogue/two-comparisons.ts';
import type { Goal, StageName } from '../../pipeline/stages.ts';

export { selectionChanges } from '../../catalogue/two-comparisons.ts';
export type { WhatChanged } from '../../pipeline/what-changed.ts';
export type { SelectionChange };

/** The work that learning from the current labels would repeat: as far as the method came before. */
export type WorkAgain =
  | {
      readonly kind: 'stale';
      readonly goal: Goal;
      readonly stages: readonly StageName[];
      /** Null if it was never measured. */
      readonly seconds: number | null;
    }
  /** The models have already learnt from these labels. */
  | { readonly kind: 'learnt' }
  /** Nothing has been learnt yet, or nothing can be, for this reason. */
  | { readonly kind: 'nothing'; readonly reason: string | null };

/** Two comparisons by their runs; by default the newest and the one before it. */
export interface ComparisonPair {
  readonly before?: string | undefined;
  readonly after?: string | undefined;
}

export interface ChangedImageWindow {
  readonly total: number;
  readonly images: readonly { readonly imageId: number; readonly classId: number }[];
}

/** A classified image, as the collection knows it. */
export interface ClassifiedImageInfo {
  /** Null if it is not in the collection. */
  readonly imageId: number | null;
  /** Its folder, which can be added to the collection; null for an image that was dropped into the window. */
  readonly folder: string | null;
}
