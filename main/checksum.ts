/**
 * Checksums of what the program stores for itself, against bit rot, cut files and files that changed places; not against an
 * attacker. xxHash64 (https://xxhash.com) begins with the identity of what it is of, so that the right bytes under another
 * name do not pass. Models are known by their SHA-256, as everywhere.
 */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import xxhash, { type XXHashAPI } from 'xxhash-wasm';

// Each thread has its own, since WebAssembly's memory is a thread's own.
const hashes: XXHashAPI = await xxhash();

/** Read and hashed at a time: WebAssembly's memory grows to the largest piece it was given, and never shrinks. */
const PIECE_BYTES = 2 ** 20;

/** 16 hexadecimal digits. */
export type Checksum = string;

/** Of what is called `identity` and is made of `parts`, one after the other. */
export function checksumOf(identity: string, ...parts: readonly (Uint8Array | string)[]): Checksum {
  const hash = new RunningChecksum(identity);
  for (const part of parts) hash.update(typeof part === 'string' ? Buffer.from(part) : part);
  return hash.digest();
}

/** For what arrives piece by piece; where it is cut does not matter. */
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

/** Of a small record that is read often: `seed` stands for its identity. */
export function recordChecksum(bytes: Uint8Array, seed: bigint): bigint {
  return hashes.h64Raw(bytes, seed);
}

/** 53 bits of a text's, as a number: to tell texts apart, and nothing that is stored. */
export function textHash(text: string): number {
  return Number(BigInt.asUintN(53, hashes.h64(text)));
}

/** Of a file as it lies on the disk. Throws what the file system says. */
export async function checksumOfFile(path: string, identity: string): Promise<{ bytes: number; checksum: Checksum }> {
  const hash = new RunningChecksum(identity);
  const bytes = await eachPiece(path, (piece) => hash.update(piece));
  return { bytes, checksum: hash.digest() };
}

/** The SHA-256 of a file's bytes in hexadecimal digits. Throws what the file system says. */
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
