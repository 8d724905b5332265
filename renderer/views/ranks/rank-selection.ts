/** Chosen tiles as ranges of places, so that a million of them cost as much as one. Places count from 0. */

export interface Range {
  readonly first: number;
  /** Included. */
  readonly last: number;
}

export interface RankSelection {
  /** Apart from each other, in order. */
  readonly ranges: readonly Range[];
  /** Where the next range begins. */
  readonly anchor: number;
}

export const NOTHING_CHOSEN: RankSelection = { ranges: [], anchor: 0 };

export function isChosen({ ranges }: RankSelection, place: number): boolean {
  return ranges.some(({ first, last }) => first <= place && place <= last);
}

export function chosenCount({ ranges }: RankSelection): number {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

export function choose(before: RankSelection, place: number, mode: 'only' | 'toggle' | 'range'): RankSelection {
  if (mode === 'only') return { ranges: [{ first: place, last: place }], anchor: place };
  if (mode === 'range') {
    const range = { first: Math.min(before.anchor, place), last: Math.max(before.anchor, place) };
    return { ranges: [range], anchor: before.anchor };
  }
  const ranges = isChosen(before, place)
    ? before.ranges.flatMap((range) => without(range, place))
    : joined([...before.ranges, { first: place, last: place }]);
  return { ranges, anchor: place };
}

/** Both ends included. */
export function chooseRange(first: number, last: number): RankSelection {
  return last < first ? NOTHING_CHOSEN : { ranges: [{ first, last }], anchor: first };
}

function without(range: Range, place: number): Range[] {
  if (place < range.first || place > range.last) return [range];
  return [
    { first: range.first, last: place - 1 },
    { first: place + 1, last: range.last },
  ].filter(({ first, last }) => first <= last);
}

function joined(ranges: readonly Range[]): Range[] {
  const result: Range[] = [];
  for (const range of ranges.toSorted((a, b) => a.first - b.first)) {
    const before = result.at(-1);
    if (before && range.first <= before.last + 1)
      result[result.length - 1] = { ...before, last: Math.max(before.last, range.last) };
    else result.push(range);
  }
  return result;
}
