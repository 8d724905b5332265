/**
 * How far work of several phases is as a whole. Phases weigh what they are expected to take, and what they turn out to take
 * once that is measured: the share grows by the part of what is left that was just done. So it never goes back, whatever is
 * learnt of the time that is left, and is full when nothing is left and not before.
 */

export interface ExpectedPhase {
  readonly name: string;
  readonly seconds: number;
  /** The seconds are reckoned from images alone: nothing like it was measured on the device. */
  readonly guessed: boolean;
}

export interface Whole {
  /** 0 to 1; below 1 until the work is over. */
  readonly share: number;
  /** Null while it is not known of every phase that is left. */
  readonly secondsLeft: number | null;
}

interface Phase {
  seconds: number;
  guessed: boolean;
  done: number;
}

/** What was done to the last image is written, proved and listed yet. */
const MOST_BEFORE_THE_END = 0.99;

export class WholeProgress {
  readonly #phases: Map<string, Phase>;
  #share: number;

  /** `from`: how far the work was when it was stopped before. */
  constructor(phases: readonly ExpectedPhase[], from = 0) {
    this.#phases = new Map(phases.map(({ name, ...expected }) => [name, { ...expected, done: 0 }]));
    this.#share = Math.min(from, MOST_BEFORE_THE_END);
  }

  /** `done`: the share of the phase that is done. `secondsLeft` of it, where that is measured. */
  advance(name: string, done: number, secondsLeft: number | null): void {
    const phase = this.#phases.get(name) ?? { seconds: 0, guessed: true, done: 0 };
    this.#phases.set(name, phase);
    const before = this.#seconds();
    phase.done = done;
    const after = this.#seconds();
    if (before > 0 && after < before) this.#share += (1 - this.#share) * ((before - after) / before);
    if (secondsLeft === null || done >= 1) return;
    phase.seconds = secondsLeft / (1 - done);
    phase.guessed = false;
  }

  /** This phase is over, and so are those that come before it. */
  finish(name: string): void {
    const names = [...this.#phases.keys()];
    for (const over of names.slice(0, names.indexOf(name) + 1)) this.advance(over, 1, null);
  }

  get whole(): Whole {
    const open = [...this.#phases.values()].filter(({ done }) => done < 1);
    return {
      share: Math.min(this.#share, MOST_BEFORE_THE_END),
      secondsLeft: open.some(({ guessed }) => guessed) ? null : this.#seconds(),
    };
  }

  #seconds(): number {
    return [...this.#phases.values()].reduce((sum, { seconds, done }) => sum + seconds * (1 - done), 0);
  }
}
