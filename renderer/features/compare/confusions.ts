/**
 * Computations on a confusion matrix: the most confused pairs, an order that puts confused classes next to each other, and
 * moving over the matrix.
 */
import { at } from '../../../main/at.ts';

/** [true class][predicted class], images. */
export type Confusion = readonly (readonly number[])[];

export interface ConfusedPair {
  readonly trueClass: number;
  readonly predictedClass: number;
  readonly count: number;
  /** Of the images of the true class. */
  readonly share: number;
}

/** The most frequent first; ties in the order of the classes. */
export function confusedPairs(confusion: Confusion, most: number): ConfusedPair[] {
  return confusion
    .flatMap((row, trueClass) => {
      const images = row.reduce((sum, count) => sum + count, 0);
      return row.flatMap((count, predictedClass) =>
        count > 0 && predictedClass !== trueClass ? [{ trueClass, predictedClass, count, share: count / images }] : [],
      );
    })
    .sort((a, b) => b.count - a.count)
    .slice(0, most);
}

/** An order of the classes in which the most confused are neighbours: each class is followed by the one nearest to it. */
export function sideBySide(confusion: Confusion, shown: readonly number[]): number[] {
  const between = (a: number, b: number) => at(at(confusion, a), b) + at(at(confusion, b), a);
  const left = new Set(shown);
  const [worst] = confusedPairs(
    confusion.map((row, trueClass) =>
      row.map((count, predicted) => (left.has(trueClass) && left.has(predicted) ? count : 0)),
    ),
    1,
  );
  const ordered: number[] = [];
  let next = worst?.trueClass ?? shown[0];
  while (next !== undefined) {
    const last = next;
    ordered.push(last);
    left.delete(last);
    next = [...left].reduce<number | undefined>(
      (best, one) => (best === undefined || between(last, one) > between(last, best) ? one : best),
      undefined,
    );
  }
  return ordered;
}

/** A position in a matrix, in drawing order. */
export interface Cell {
  readonly row: number;
  readonly column: number;
}

type Step = readonly [rows: number, columns: number];
const STEPS: ReadonlyMap<string, Step> = new Map([
  ['ArrowUp', [-1, 0]],
  ['ArrowDown', [1, 0]],
  ['ArrowLeft', [0, -1]],
  ['ArrowRight', [0, 1]],
]);

/** One cell further, or with Shift to the next non-empty cell; undefined for other keys and at the edge. */
export function movedBy(
  { key, shiftKey }: { readonly key: string; readonly shiftKey: boolean },
  { row, column }: Cell,
  classes: number,
  isFilled: (cell: Cell) => boolean,
): Cell | undefined {
  if (key === 'Home') return { row: 0, column: 0 };
  if (key === 'End') return { row: classes - 1, column: classes - 1 };
  const step = STEPS.get(key);
  if (!step) return undefined;
  const within = (place: Cell) => Math.min(place.row, place.column) >= 0 && Math.max(place.row, place.column) < classes;
  const next = (place: Cell): Cell => ({ row: place.row + step[0], column: place.column + step[1] });
  const first = next({ row, column });
  if (!within(first)) return { row, column };
  if (!shiftKey) return first;
  for (let place = first; within(place); place = next(place)) if (isFilled(place)) return place;
  return { row, column };
}

/** A window of `all` positions that contains `active`, in the middle if there is room. */
export function windowAround(
  active: number,
  size: number,
  all: number,
): { readonly first: number; readonly end: number } {
  const first = Math.max(0, Math.min(active - Math.floor(size / 2), all - size));
  return { first, end: Math.min(all, first + size) };
}
