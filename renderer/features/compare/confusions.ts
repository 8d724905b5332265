/** What a confusion matrix comes to: the pairs that are confused most, and the classes worth showing when there are many. */
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

/** The most frequent first; equal ones in the order of the classes. */
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

/** In their order; all of them where they are few. */
export function worstClasses(confusion: Confusion, most: number): number[] {
  const all = [...confusion.keys()];
  if (all.length <= most) return all;
  const mistakes = new Array<number>(all.length).fill(0);
  confusion.forEach((row, trueClass) => {
    row.forEach((count, predicted) => {
      if (predicted === trueClass) return;
      mistakes[trueClass] = at(mistakes, trueClass) + count;
      mistakes[predicted] = at(mistakes, predicted) + count;
    });
  });
  return all
    .sort((a, b) => at(mistakes, b) - at(mistakes, a) || a - b)
    .slice(0, most)
    .sort((a, b) => a - b);
}

/** The shown classes so that those that are confused most stand beside each other: each follows the one it is nearest to. */
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
