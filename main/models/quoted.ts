import { visible } from '../visible.ts';

const LONGEST = 80;

/** A name from a file, as a sentence may show it: short, and without what would steer a terminal. */
export function quoted(name: string): string {
  return `“${visible(name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name)}”`;
}
