/**
 * Checksums of the program's own files, against bit rot, truncation and swapped files; not against an attacker.
 * xxHash64 (https://xxhash.com) is seeded with the identity of the content, so that the right bytes under the wrong
 * name do not pass. Models are identified by their SHA-256, as is customary.
 */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import xxhash, { type XXHashAPI } from 'xxhash-wasm';

// One per thread, since WebAssembly memory belongs to a thread.
const hashes: XXHashAPI = await xxhash();

/**
 * How much is read and hashed at a time: WebAssembly memory grows to the largest piece it was given, and never shrinks.
 */
const PIECE_BYTES = 2 ** 20;

/** 16 hexadecimal digits. */
export type Checksum = string;

/** The checksum of `parts`, concatenated, under the name `identity`. */
export function checksumOf(identity: string, ...parts: readonly (Uint8Array | string)[]): Checksum {
  const hash = new RunningChecksum(identity);
  for (const part of parts) hash.update(typeof part === 'string' ? Buffer.from(part) : part);
  return hash.digest();
}

/** A checksum of data that arrives in pieces; where it is split does not matter. */
export class RunningChecksum {
  readonly #hash;

  constructor(identity: string) {
    this.#hash = hashes.create64(hashes.h64(identity));
  }

  update(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
      this.#hash.update(bytes.subarray(start, start + PIECE_BYTES));
    }
  }

  digest(): Checksum {
    return this.#hash.digest().toString(16).padStart(16, '0');
  }
}

/** The checksum of a small record that is read often; `seed` stands for its identity. */
export function recordChecksum(bytes: Uint8Array, seed: bigint): bigint {
  return hashes.h64Raw(bytes, seed);
}

/** 53 bits of a text's hash as a number, to tell texts apart in memory; never stored. */
export function textHash(text: string): number {
  return Number(BigInt.asUintN(53, hashes.h64(text)));
}

/** The size and checksum of a file on disk. Throws the file system's error. */
export async function checksumOfFile(path: string, identity: string): Promise<{ bytes: number; checksum: Checksum }> {
  const hash = new RunningChecksum(identity);
  const bytes = await eachPiece(path, (piece) => hash.update(piece));
  return { bytes, checksum: hash.digest() };
}

/** The size and SHA-256 (hexadecimal digits) of a file. Throws the file system's error. */
export async function sha256OfFile(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  const bytes = await eachPiece(path, (piece) => hash.update(piece));
  return { bytes, sha256: hash.digest('hex') };
}

async function eachPiece(path: string, take: (piece: Uint8Array) => void): Promise<number> {
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  const file = await open(path);
  try {
    for (let total = 0; ; ) {
      const { bytesRead } = await file.read(piece, 0, PIECE_BYTES);
      if (bytesRead === 0) return total;
      take(piece.subarray(0, bytesRead));
      total += bytesRead;
    }
  } finally {
    await file.close();
  }
}
