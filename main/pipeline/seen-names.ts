/** Which names an archive has had already, in a few bytes each: two that differ are taken for one in no archive that exists. */
export class SeenNames {
  readonly #seen = new Set<number>();

  /** Whether it was asked for before. */
  isAgain(name: string): boolean {
    const hash = hashOf(name);
    if (this.#seen.has(hash)) return true;
    this.#seen.add(hash);
    return false;
  }
}

/** Of 53 bits: two of FNV-1a's (Fowler, Noll, Vo), from different beginnings. */
function hashOf(name: string): number {
  let [low, high] = [0x811c9dc5, 0x9e3779b9];
  for (let at = 0; at < name.length; at++) {
    const character = name.charCodeAt(at);
    low = Math.imul(low ^ character, 0x01000193);
    high = Math.imul(high ^ character, 0x01000193) + 1;
  }
  return (low >>> 0) * 2 ** 21 + (high >>> 11);
}
