/** Pairs of numbers that come in any order and are taken together by the first of each. */

/** No further pair. */
const NONE = -1;

/** Takes 8 bytes for each of at most `most` pairs, and a map of their first numbers. */
export class WaitingPairs {
  readonly #most: number;
  /** For each first number its last pair; for each pair its second number and the pair before. */
  readonly #lasts = new Map<number, number>();
  #seconds = new Int32Array(0);
  #befores = new Int32Array(0);
  #count = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Returns whether no more can be added until they are taken. */
  add(first: number, second: number): boolean {
    if (this.#seconds.length === 0) {
      this.#seconds = new Int32Array(this.#most);
      this.#befores = new Int32Array(this.#most);
    }
    const pair = this.#count++;
    this.#seconds[pair] = second;
    this.#befores[pair] = this.#lasts.get(first) ?? NONE;
    this.#lasts.set(first, pair);
    return this.#count === this.#most;
  }

  /** Reports each first number once, with all its second ones, and is empty then. */
  take(onFirst: (first: number, seconds: readonly number[]) => void): void {
    for (const [first, last] of this.#lasts) {
      const seconds: number[] = [];
      for (let pair = last; pair !== NONE; pair = this.#befores[pair] as number) {
        seconds.push(this.#seconds[pair] as number);
      }
      onFirst(first, seconds);
    }
    this.#lasts.clear();
    this.#count = 0;
  }
}
