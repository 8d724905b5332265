/** What spot-checks and held-out images say of the classes: how pure each is above its line, and which ones are not pure enough. */
import type { ClassBalance, ClassPrecision } from '../../../main/api/contract.ts';
import { wilsonInterval } from '../../../main/wilson-interval.ts';

/** Of those above the line fewer are right: the student would learn more mistakes than it can bear. */
const ENOUGH = 0.8;

export interface KnownPrecision {
  readonly precision: number;
  /** 95 % Wilson. */
  readonly interval: readonly [number, number];
  readonly checked: number;
  readonly by: ClassPrecision['by'];
  readonly tooFew: boolean;
}

export interface ClassStanding extends ClassBalance {
  /** Null where nobody looked and no held-out image says anything. */
  readonly known: KnownPrecision | null;
}

/** The purest first, then those that nothing is known of, as they were; those with too few right are after them, the worst last. */
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
