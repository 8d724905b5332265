/**
 * The selection of a grid. The active tile, which has the ring and the panel, always belongs to the selection, to which acts
 * apply. It is stored as ranges of indices, so that a million tiles cost as much as one. Indices start at 0.
 */

export interface Range {
  readonly first: number;
  /** Inclusive. */
  readonly last: number;
}

export interface RankSelection {
  /** Separate, in order, never empty. */
  readonly ranges: readonly Range[];
  /** The start of the next range. */
  readonly anchor: number;
  /** Lies in one of the ranges. */
  readonly active: number;
}

export const FIRST_CHOSEN: RankSelection = onlyAt(0);

export function onlyAt(place: number): RankSelection {
  return { ranges: [{ first: place, last: place }], anchor: place, active: place };
}

export function isChosen({ ranges }: RankSelection, place: number): boolean {
  return ranges.some(({ first, last }) => first <= place && place <= last);
}

export function chosenCount({ ranges }: RankSelection): number {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

/** The last selected tile cannot be deselected. */
export function choose(before: RankSelection, place: number, mode: 'only' | 'toggle' | 'range'): RankSelection {
  if (mode === 'only') return onlyAt(place);
  if (mode === 'range') {
    const range = { first: Math.min(before.anchor, place), last: Math.max(before.anchor, place) };
    return { ranges: [range], anchor: before.anchor, active: place };
  }
  if (!isChosen(before, place)) {
    return { ranges: joined([...before.ranges, { first: place, last: place }]), anchor: place, active: place };
  }
  const ranges = before.ranges.flatMap((range) => without(range, place));
  if (ranges.length === 0) return onlyAt(place);
  const active = nearest(ranges, place);
  return { ranges, anchor: active, active };
}

/** Both ends inclusive; the active tile stays if it is in the range. If the last is before the first, only the active one. */
export function chooseRange({ active }: RankSelection, first: number, last: number): RankSelection {
  if (last < first) return onlyAt(active);
  return { ranges: [{ first, last }], anchor: first, active: Math.min(Math.max(active, first), last) };
}

function nearest(ranges: readonly Range[], place: number): number {
  const ends = ranges.map(({ first, last }) => Math.min(Math.max(place, first), last));
  return ends.reduce((best, end) => (Math.abs(end - place) < Math.abs(best - place) ? end : best));
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
