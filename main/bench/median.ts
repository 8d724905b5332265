import { at } from '../at.ts';

/** The middle value; NaN for an empty array. */
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
