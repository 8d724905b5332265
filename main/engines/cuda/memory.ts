/** The pieces of a card's memory that a plan's kernels work on, and the layout of the temporary ones. */
import { at } from '../../at.ts';

export type Memory = KeptMemory | StepMemory | TableMemory;

/** Lives as long as the session: state, inputs, outputs, and what depends only on state that never changes. */
export interface KeptMemory {
  readonly kind: 'kept';
  readonly bytes: number;
}

/** Written and last read within one run: shares memory with pieces that live at other times. */
export interface StepMemory {
  readonly kind: 'step';
  readonly bytes: number;
}

/** 8-byte words that never change: addresses of other memory, and numbers. */
export interface TableMemory {
  readonly kind: 'table';
  readonly bytes: number;
  readonly words: readonly TableWord[];
}
export type TableWord = bigint | Memory;

/** The alignment of a device's memory, and the multiple that every piece is rounded up to. */
export const ALIGNMENT = 256;

export function rounded(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** The first and last launch that use a piece, both included. */
export interface Lifetime {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

export interface Arena {
  readonly offsets: readonly number[];
  readonly bytes: number;
}

/**
 * Assigns offsets such that no two pieces alive at the same time overlap. The largest go first, each at the lowest
 * offset that is free during its whole lifetime.
 */
export function layOut(lifetimes: readonly Lifetime[]): Arena {
  const offsets = lifetimes.map(() => 0);
  const placed: { readonly first: number; readonly last: number; readonly begin: number; readonly end: number }[] = [];
  const order = [...lifetimes.keys()].sort((a, b) => at(lifetimes, b).bytes - at(lifetimes, a).bytes || a - b);
  for (const index of order) {
    const { bytes, first, last } = at(lifetimes, index);
    const others = placed
      .filter((other) => other.first <= last && other.last >= first)
      .sort((a, b) => a.begin - b.begin);
    let begin = 0;
    for (const other of others) {
      if (begin + rounded(bytes) <= other.begin) break;
      begin = Math.max(begin, other.end);
    }
    offsets[index] = begin;
    placed.push({ first, last, begin, end: begin + rounded(bytes) });
  }
  return { offsets, bytes: Math.max(0, ...placed.map(({ end }) => end)) };
}
