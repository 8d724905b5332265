/**
 * What a person decides of images. Each act is a record and can be undone, also one that is about thousands of images.
 * `veto`: not of this class, whatever a teacher says; `pin`: of this class's selection, whatever its rank; `label`: the true
 * class, which makes it a labelled image; `clear…` takes the decision back.
 */

import type { DecisionKind, Verdict } from '../../catalogue/decisions.ts';
import type { ImageQuery } from './collection.ts';

export { decisionKinds } from '../../catalogue/decisions.ts';
export type { DecisionKind, Verdict };

/** Chosen images, or all of a class's ranking between two ranks (from 1, both included): a query, not a list. */
export type DecisionTarget =
  | { readonly kind: 'images'; readonly imageIds: readonly number[] }
  | {
      readonly kind: 'ranks';
      readonly labelRunId: string;
      readonly classId: number;
      readonly firstRank: number;
      readonly lastRank: number;
      /** Other ranges that the same act is about. */
      readonly further?: readonly { readonly firstRank: number; readonly lastRank: number }[] | undefined;
    }
  | { readonly kind: 'matching'; readonly query: ImageQuery };

/**
 * `labels`: all classes that the images are of, in place of those they have; none takes them all back. Only where an image may
 * have several.
 */
export type DecisionRequest =
  | { readonly decision: DecisionKind; readonly classId: number; readonly target: DecisionTarget }
  | { readonly decision: 'labels'; readonly classIds: readonly number[]; readonly target: DecisionTarget };

export interface DecisionMade {
  readonly actionId: number;
  readonly images: number;
}

/** What undo and redo would do now, in words; null when there is nothing. */
export interface DecisionHistory {
  readonly undo: string | null;
  readonly redo: string | null;
}

export const labellingOrders = ['uncertain', 'confident', 'random', 'different', 'farthest'] as const;
export type LabellingOrder = (typeof labellingOrders)[number];

export interface LabellingQueue {
  readonly total: number;
  readonly images: readonly {
    readonly imageId: number;
    readonly name: string;
    /** The teacher's best classes, best first; empty without a teacher. */
    readonly suggestions: readonly { readonly classId: number; readonly probability: number }[];
  }[];
  /** True when the order needs a teacher's scores, or what eyes saw, and there are none: random then. */
  readonly fellBack: boolean;
}
