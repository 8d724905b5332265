/** Which names an archive has had already, in a few bytes each: two that differ are taken for one in no archive that exists. */
import { textHash } from '../checksum.ts';

export class SeenNames {
  readonly #seen = new Set<number>();

  /** Whether it was asked for before. */
  isAgain(name: string): boolean {
    const hash = textHash(name);
    if (this.#seen.has(hash)) return true;
    this.#seen.add(hash);
    return false;
  }
}
