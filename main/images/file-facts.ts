/** Identifies a file and its version, from the operating system's information. */
import type { BigIntStats } from 'node:fs';

export interface FileFacts {
  readonly bytes: number;
  /** As in `fs.Stats`, to the last bit. */
  readonly modifiedMs: number;
  /** A 63-bit integer: the same for every path and link to the file on this machine. */
  readonly fileId: string;
}

/** Odd factors, so that different numbers of one device never collide (splitmix64's constants). */
const [SPREAD_NUMBERS, SPREAD_DEVICES] = [0xbf58476d1ce4e5b9n, 0x94d049bb133111ebn];
const NANOSECONDS = 1_000_000_000n;

/** Requires `bigint` stats, since a double cannot hold every inode number. */
export function fileFacts({ size, mtimeNs, dev, ino }: BigIntStats): FileFacts {
  const fraction = ((mtimeNs % NANOSECONDS) + NANOSECONDS) % NANOSECONDS;
  const seconds = (mtimeNs - fraction) / NANOSECONDS;
  return {
    bytes: Number(size),
    modifiedMs: Number(seconds) * 1000 + Number(fraction) / 1e6,
    fileId: String(BigInt.asUintN(63, (ino * SPREAD_NUMBERS) ^ (dev * SPREAD_DEVICES))),
  };
}
