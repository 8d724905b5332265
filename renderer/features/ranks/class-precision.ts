/**
 * The precision of each class above its line, from spot-checks and held-out images, and which classes are not precise enough.
 */
import type { ClassBalance, ClassPrecision } from '../../../main/api/contract.ts';
import { wilsonInterval } from '../../../main/wilson-interval.ts';

/** Below this precision above the line, the student would learn too many mistakes. */
const ENOUGH = 0.8;

export interface KnownPrecision {
  readonly precision: number;
  /** 95 % Wilson interval. */
  readonly interval: readonly [number, number];
  readonly checked: number;
  readonly by: ClassPrecision['by'];
  readonly tooFew: boolean;
}

export interface ClassStanding extends ClassBalance {
  /** Null if there are neither spot-checks nor held-out images for it. */
  readonly known: KnownPrecision | null;
}

/**
 * The most precise first, then the unknown ones in their previous order; those with too few right come last, the worst at the
 * end.
 */
export function byPrecision(
  classes: readonly ClassBalance[],
  precisions: readonly ClassPrecision[],
): readonly ClassStanding[] {
  const knownOf = new Map(precisions.map((one) => [one.classId, knownPrecision(one)]));
  const group = ({ known }: ClassStanding) => (known === null ? 1 : known.tooFew ? 2 : 0);
  return classes
    .map((entry) => ({ ...entry, known: knownOf.get(entry.classId) ?? null }))
    .toSorted((a, b) => group(a) - group(b) || (b.known?.precision ?? 0) - (a.known?.precision ?? 0));
}

function knownPrecision({ checked, correct, by }: ClassPrecision): KnownPrecision {
  const precision = correct / checked;
  return { precision, interval: wilsonInterval(correct, checked), checked, by, tooFew: precision < ENOUGH };
}
