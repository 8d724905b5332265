/**
 * Counter-based random numbers: every draw is a pure function of a seed and of the place where it is used (epoch,
 * sample, purpose), never of how many draws came before. This is what makes an interrupted training resume bit for bit.
 * The mixer is lowbias32 (Chris Wellons' hash-prospector).
 */
export function mix32(value: number): number {
  let h = value >>> 0;
  h ^= h >>> 16;
  h = Math.imul(h, 0x7feb352d);
  h ^= h >>> 15;
  h = Math.imul(h, 0x846ca68b);
  h ^= h >>> 16;
  return h >>> 0;
}

/** A sequence of draws for one place, named by a seed and any number of integer coordinates. */
export class CounterRandom {
  #key: number;
  #counter = 0;

  constructor(seed: number, ...coordinates: number[]) {
    let key = mix32(seed ^ 0x9e3779b9);
    for (const coordinate of coordinates) key = mix32((key + Math.imul(coordinate | 0, 0x9e3779b1)) ^ 0x85ebca6b);
    this.#key = key;
  }

  /** A 32-bit unsigned integer. */
  uint32(): number {
    this.#counter = (this.#counter + 1) >>> 0;
    return mix32(mix32(this.#key + this.#counter) ^ this.#key);
  }

  /** A number in [0, 1). */
  uniform(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** An integer in [0, bound). */
  integer(bound: number): number {
    return Math.floor(this.uniform() * bound);
  }

  /** A standard normal draw (Box–Muller). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** A Gamma(shape, 1) draw (Marsaglia and Tsang, 2000), for Beta-distributed mixing weights. */
  gamma(shape: number): number {
    if (shape < 1) return this.gamma(shape + 1) * (1 - this.uniform()) ** (1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && Math.log(1 - this.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
    }
  }

  /** A Beta(alpha, beta) draw. */
  beta(alpha: number, beta: number): number {
    const a = this.gamma(alpha);
    return a / (a + this.gamma(beta));
  }

  /** Shuffles in place (Fisher–Yates). */
  shuffle(values: Int32Array | Uint32Array): void {
    for (let i = values.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const held = values[i] as number;
      values[i] = values[j] as number;
      values[j] = held;
    }
  }
}
