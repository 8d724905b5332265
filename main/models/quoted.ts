import { visible } from '../visible.ts';

const LONGEST = 80;

/** A name from a file, safe for display in a sentence: short, and without terminal control characters. */
export function quoted(name: string): string {
  return `“${visible(name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name)}”`;
}
