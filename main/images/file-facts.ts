/** Which version of which file it is, from what the operating system says of it. */
import type { BigIntStats } from 'node:fs';

export interface FileFacts {
  readonly bytes: number;
  /** As `fs.Stats` gives it, to the last bit. */
  readonly modifiedMs: number;
  /** A 63-bit integer: the same for every path and link to the file on this machine. */
  readonly fileId: string;
}

/** Odd, so that no two numbers of one device become one (splitmix64's constants). */
const [SPREAD_NUMBERS, SPREAD_DEVICES] = [0xbf58476d1ce4e5b9n, 0x94d049bb133111ebn];
const NANOSECONDS = 1_000_000_000n;

/** With `bigint`, since a double does not hold every file's number. */
export function fileFacts({ size, mtimeNs, dev, ino }: BigIntStats): FileFacts {
  const fraction = ((mtimeNs % NANOSECONDS) + NANOSECONDS) % NANOSECONDS;
  const seconds = (mtimeNs - fraction) / NANOSECONDS;
  return {
    bytes: Number(size),
    modifiedMs: Number(seconds) * 1000 + Number(fraction) / 1e6,
    fileId: String(BigInt.asUintN(63, (ino * SPREAD_NUMBERS) ^ (dev * SPREAD_DEVICES))),
  };
}
