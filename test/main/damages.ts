/** Damage to files: a byte flips, the end is lost, everything is lost, another file takes its place. */
import { copyFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';

export type DamageFile = (path: string) => void;

/** Flips all bits of `bytes` bytes, starting at `place`, a share of the length. */
export function flip(path: string, place = 0.5, bytes = 1): void {
  const content = readFileSync(path);
  const first = Math.floor(content.length * place);
  for (let index = first; index < Math.min(content.length, first + bytes); index++) {
    content.writeUInt8(content.readUInt8(index) ^ 0xff, index);
  }
  writeFileSync(path, content);
}

/** Keeps this share of the file. */
export function cut(path: string, share = 0.6): void {
  truncateSync(path, Math.floor(readFileSync(path).length * share));
}

export function empty(path: string): void {
  truncateSync(path, 0);
}

export function swapWith(other: string): DamageFile {
  return (path) => copyFileSync(other, path);
}

export function remove(path: string): void {
  rmSync(path);
}
