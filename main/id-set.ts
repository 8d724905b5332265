/**
 * A set of small non-negative integers, such as image ids, as a bitmap: one bit for each number up to the largest,
 * where a `Set` takes some forty bytes an entry and ends at 16.7 million entries.
 */
export class IdSet {
  #words: Uint32Array;
  #size = 0;

  constructor(ids: Iterable<number> = []) {
    this.#words = new Uint32Array(1024);
    for (const id of ids) this.add(id);
  }

  get size(): number {
    return this.#size;
  }

  has(id: number): boolean {
    // Beyond the last word, shifting undefined gives 0.
    return (((this.#words[id >>> 5] as number) >>> (id & 31)) & 1) === 1;
  }

  /** Throws a `RangeError` for anything but a 32-bit unsigned integer. */
  add(id: number): void {
    if (id >>> 0 !== id) throw new RangeError(`${id} is no id`);
    const place = id >>> 5;
    if (place >= this.#words.length) {
      const grown = new Uint32Array(Math.max(place + 1, 2 * this.#words.length));
      grown.set(this.#words);
      this.#words = grown;
    }
    const [word, bit] = [this.#words[place] as number, 1 << (id & 31)];
    this.#size += Number((word & bit) === 0);
    this.#words[place] = word | bit;
  }
}
