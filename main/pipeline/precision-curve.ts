/**
 * How often a teacher is right at a given score, from images with known answers, and the consequences for a selection:
 * the score down to which a class reaches the wanted precision, and the K from which on an additional image per class
 * is wrong more often than right.
 *
 * Neither is in the paper, whose rule is one K for all classes. Held-out images are no guide to a collection that
 * differs from them: only a person who looks at some of it is, so the user's answers take precedence.
 */
import { at } from '../at.ts';
import type { CheckedScores } from '../catalogue/checked-scores.ts';
import type { Floors } from '../catalogue/selection.ts';

export type Answers = Pick<CheckedScores, 'classIds' | 'scores' | 'right'>;

export const evidenceKinds = ['spotChecks', 'heldOut'] as const;
export type EvidenceKind = (typeof evidenceKinds)[number];
/** What is known about the same ranking, from either source. */
export type Evidence = Readonly<Record<EvidenceKind, Answers>>;

/** Fewer answers are not enough to judge a class. */
export const LEAST_ANSWERS = 8;
/** Fewer answers are not enough for a whole curve. */
const LEAST_FOR_CURVE = 20;
/** A class that never reaches the wanted precision keeps its best images, a tenth of K. */
const KEPT_ANYWAY = 0.1;
/** An additional image is worthwhile as long as it is right at least as often as wrong. */
const LEAST_MARGIN = 0.5;

export interface ClassFloor {
  readonly by: EvidenceKind;
  readonly leastScore: number;
}

/** For each class with enough evidence; the others have no floor, and K alone limits them. */
export function classFloors(
  classIds: readonly number[],
  wanted: number,
  evidence: Evidence,
): ReadonlyMap<number, ClassFloor> {
  const floors = new Map<number, ClassFloor>();
  for (const classId of classIds) {
    for (const by of evidenceKinds) {
      const own = answersOf(evidence[by], classId);
      if (own.length < LEAST_ANSWERS) continue;
      floors.set(classId, { by, leastScore: leastScoreOf(own, wanted) });
      break;
    }
  }
  return floors;
}

/** The floors as a selection with this K applies them. */
export function floorsFor(floors: ReadonlyMap<number, ClassFloor>, k: number): Floors {
  return {
    leastScores: new Map([...floors].map(([classId, { leastScore }]) => [classId, leastScore])),
    atLeast: Math.max(1, Math.round(KEPT_ANYWAY * k)),
  };
}

interface Answer {
  readonly score: number;
  readonly right: number;
}

function answersOf({ classIds, scores, right }: Answers, classId: number): Answer[] {
  const own: Answer[] = [];
  for (const [place, id] of classIds.entries()) {
    if (id === classId) own.push({ score: at(scores, place), right: at(right, place) });
  }
  return own;
}

/**
 * The least score down to which at least the share `wanted` of the answers is right; no limit if all answers together
 * reach it. Infinite if no score does.
 */
export function leastScoreOf(answers: readonly Answer[], wanted: number): number {
  const steps = stepsOf(answers);
  let [count, right, least] = [0, 0, Number.POSITIVE_INFINITY];
  for (const step of steps) {
    count += step.count;
    right += step.right;
    if (right / count >= wanted) least = step.score;
  }
  return least === steps.at(-1)?.score ? Number.NEGATIVE_INFINITY : least;
}

interface Step {
  readonly score: number;
  readonly count: number;
  readonly right: number;
}

/** Equal scores form one step, since nothing distinguishes their images. The best first. */
function stepsOf(answers: readonly Answer[]): Step[] {
  const steps: Step[] = [];
  for (const { score, right } of answers.toSorted((a, b) => b.score - a.score)) {
    const last = steps.at(-1);
    if (last?.score === score) steps[steps.length - 1] = { score, count: last.count + 1, right: last.right + right };
    else steps.push({ score, count: 1, right });
  }
  return steps;
}

export interface PrecisionCurve {
  readonly by: EvidenceKind;
  readonly answers: number;
  /** The share of right answers from a score down to the next block's; decreasing with the score. */
  readonly blocks: readonly { readonly leastScore: number; readonly precision: number }[];
}

/**
 * Over all classes together, since few images say little about one: the decreasing curve closest to the answers
 * (pooling adjacent violators; Ayer et al., 1955). Undefined with too little evidence.
 */
export function precisionCurve(evidence: Evidence): PrecisionCurve | undefined {
  const by = evidenceKinds.find((kind) => evidence[kind].scores.length >= LEAST_FOR_CURVE);
  if (by === undefined) return undefined;
  const { scores, right } = evidence[by];
  const answers = Array.from(scores, (score, place) => ({ score, right: at(right, place) }));
  const blocks: Step[] = [];
  for (const step of stepsOf(answers)) {
    let block = step;
    for (let before = blocks.at(-1); before && precisionOf(before) <= precisionOf(block); before = blocks.at(-1)) {
      block = { score: block.score, count: before.count + block.count, right: before.right + block.right };
      blocks.pop();
    }
    blocks.push(block);
  }
  return {
    by,
    answers: answers.length,
    blocks: blocks.map((block) => ({ leastScore: block.score, precision: precisionOf(block) })),
  };
}

function precisionOf({ right, count }: Step): number {
  return right / count;
}

/**
 * The largest K, up to `most`, whose last images are right at least half the time, averaged over the classes that have
 * that many.
 * @param rankings each class's scores, best first
 */
export class KByCurve {
  readonly #curve: PrecisionCurve;
  readonly #sums: Float64Array;
  readonly #classes: Int32Array;

  constructor(curve: PrecisionCurve, most: number) {
    this.#curve = curve;
    this.#sums = new Float64Array(most);
    this.#classes = new Int32Array(most);
  }

  /** Adds a class's scores, best first. */
  add(scores: Float32Array): void {
    const { blocks } = this.#curve;
    let block = 0;
    for (let rank = 0; rank < Math.min(scores.length, this.#sums.length); rank++) {
      while (block < blocks.length - 1 && (scores[rank] as number) < at(blocks, block).leastScore) block++;
      this.#sums[rank] = (this.#sums[rank] as number) + at(blocks, block).precision;
      this.#classes[rank] = (this.#classes[rank] as number) + 1;
    }
  }

  get k(): number {
    for (let rank = 0; rank < this.#sums.length; rank++) {
      const classes = at(this.#classes, rank);
      if (classes > 0 && at(this.#sums, rank) < LEAST_MARGIN * classes) return Math.max(1, rank);
    }
    return Math.max(1, this.#sums.length);
  }
}
