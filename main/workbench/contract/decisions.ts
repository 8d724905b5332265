/**
 * A person's decisions about images. Each act is a record and can be undone, even if it covers thousands of images. `veto`: not
 * in this class, whatever a teacher says; `pin`: in this class's selection, whatever its rank; `label`: the true class, which
 * makes it a labelled image; `clear…` withdraws the decision.
 */

import type { DecisionKind, Verdict } from '../../catalogue/decisions.ts';
import type { ImageQuery } from './collection.ts';

export { decisionKinds } from '../../catalogue/decisions.ts';
export type { DecisionKind, Verdict };

/** Chosen images, or all of a class's ranking between two ranks (from 1, inclusive): a query, not a list. */
export type DecisionTarget =
  | { readonly kind: 'images'; readonly imageIds: readonly number[] }
  | {
      readonly kind: 'ranks';
      readonly labelRunId: string;
      readonly classId: number;
      readonly firstRank: number;
      readonly lastRank: number;
      /** Further ranges that the same act covers. */
      readonly further?: readonly { readonly firstRank: number; readonly lastRank: number }[] | undefined;
    }
  | { readonly kind: 'matching'; readonly query: ImageQuery };

/**
 * `labels`: all classes of the images, replacing those they have; an empty list removes them all. Only where an image may have
 * several.
 */
export type DecisionRequest =
  | { readonly decision: DecisionKind; readonly classId: number; readonly target: DecisionTarget }
  | { readonly decision: 'labels'; readonly classIds: readonly number[]; readonly target: DecisionTarget };

export interface DecisionMade {
  readonly actionId: number;
  readonly images: number;
}

/** What undo and redo would do now, in words; null if there is nothing to do. */
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
  /** True when the order needs a teacher's scores, or features, and there are none: the order is then random. */
  readonly fellBack: boolean;
}
