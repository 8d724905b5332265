import { at } from '../at.ts';

/** Of an odd number of values the one in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  return values.length === 0
    ? Number.NaN
    : at(
        [...values].sort((a, b) => a - b),
        values.length >> 1,
      );
}

export function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
