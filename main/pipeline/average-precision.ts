/**
 * Average precision: the mean, over the images of a class, of the precision at each of them in the ranking by score
 * (the area under the precision-recall curve without interpolation, as in scikit-learn's `average_precision_score`).
 * Images with equal scores are treated as one step. NaN ranks last.
 */
import { at } from '../at.ts';

/** The images of one class's ranking, best first, in groups of equal scores. */
export interface Ranked {
  readonly order: Int32Array;
  /** The end of each group in `order`. */
  readonly ends: readonly number[];
  /** One score per group. */
  readonly scores: readonly number[];
}

export function rankedBy(
  scores: ArrayLike<number>,
  images: Iterable<number> = Array.from(scores, (_, i) => i),
): Ranked {
  const scoreOf = (image: number) =>
    Number.isNaN(scores[image]) ? Number.NEGATIVE_INFINITY : (scores[image] as number);
  const order = Int32Array.from(images).sort((a, b) => {
    const [first, second] = [scoreOf(a), scoreOf(b)];
    return first === second ? a - b : second > first ? 1 : -1;
  });
  const isEnd = (place: number) =>
    place + 1 === order.length || scoreOf(at(order, place)) !== scoreOf(at(order, place + 1));
  const lasts = [...order.keys()].filter(isEnd);
  return { order, ends: lasts.map((last) => last + 1), scores: lasts.map((last) => scoreOf(at(order, last))) };
}

/** `weights` gives how often each image counts, once by default. NaN if no image is of the class. */
export function averagePrecision({ order, ends }: Ranked, isOfClass: Uint8Array, weights?: ArrayLike<number>): number {
  let [place, seen, hits, sum] = [0, 0, 0, 0];
  for (const end of ends) {
    let gained = 0;
    for (; place < end; place++) {
      const image = at(order, place);
      const weight = weights ? (weights[image] as number) : 1;
      seen += weight;
      if (isOfClass[image] === 1) gained += weight;
    }
    hits += gained;
    if (gained > 0) sum += (gained * hits) / seen;
  }
  return hits === 0 ? Number.NaN : sum / hits;
}

/** Without a positive image no threshold can be chosen. */
export const USUAL_THRESHOLD = 0.5;

/** The threshold that maximises F1 on these images, halfway to the next lower score. */
export function bestThreshold({ order, ends, scores }: Ranked, isOfClass: Uint8Array): number {
  let positives = 0;
  for (const image of order) positives += at(isOfClass, image);
  if (positives === 0) return USUAL_THRESHOLD;
  let [place, hits, best, threshold] = [0, 0, 0, USUAL_THRESHOLD];
  for (const [group, end] of ends.entries()) {
    for (; place < end; place++) hits += at(isOfClass, at(order, place));
    const f1 = (2 * hits) / (end + positives);
    if (f1 <= best) continue;
    best = f1;
    const next = group + 1 < scores.length ? Math.max(0, at(scores, group + 1)) : 0;
    threshold = (at(scores, group) + next) / 2;
  }
  return threshold;
}
