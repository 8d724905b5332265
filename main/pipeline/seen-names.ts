/**
 * The names an archive has had so far, in a few bytes each: by hash, with a collision too unlikely to occur in any real
 * archive.
 */
import { textHash } from '../checksum.ts';

export class SeenNames {
  readonly #seen = new Set<number>();

  /** Whether the name was passed before. */
  isAgain(name: string): boolean {
    const hash = textHash(name);
    if (this.#seen.has(hash)) return true;
    this.#seen.add(hash);
    return false;
  }
}
