/**
 * A set of small whole numbers, such as the ids of images, as bits: an eighth of a byte for each up to the largest, where a
 * `Set` takes some forty and ends at 16.7 million.
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
    // Beyond the last one nothing is shifted, which is 0.
    return (((this.#words[id >>> 5] as number) >>> (id & 31)) & 1) === 1;
  }

  /** Throws a `RangeError` for what is no whole number of 32 bits. */
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
