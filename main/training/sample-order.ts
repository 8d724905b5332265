/**
 * Which sample comes at which position of a training. Every epoch is its own shuffle of all samples, a pure function of
 * the seed and the epoch, so that a training can continue from any step without repeating the earlier ones.
 */
import { at } from '../at.ts';
import { CounterRandom } from '../random.ts';

const SHUFFLE = 1;

export class SampleOrder {
  readonly #count: number;
  readonly #seed: number;
  readonly #permutation: Int32Array;
  #epoch = -1;

  /** `count` samples, at least one. */
  constructor(count: number, seed: number) {
    this.#count = count;
    this.#seed = seed;
    this.#permutation = new Int32Array(count);
  }

  /** The sample at `place`, counted in images processed from the start, and its epoch. */
  at(place: number): { sample: number; epoch: number } {
    const epoch = Math.floor(place / this.#count);
    if (epoch !== this.#epoch) this.#shuffle(epoch);
    return { sample: at(this.#permutation, place % this.#count), epoch };
  }

  #shuffle(epoch: number): void {
    for (let i = 0; i < this.#count; i++) this.#permutation[i] = i;
    new CounterRandom(this.#seed, SHUFFLE, epoch).shuffle(this.#permutation);
    this.#epoch = epoch;
  }
}
