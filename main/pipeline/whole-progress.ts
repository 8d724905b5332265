/**
 * Overall progress of work with several phases. Phases are weighted by their expected duration, replaced by the
 * measured one as it becomes known: the share grows by the fraction of the remaining time that was just worked off. So
 * it never decreases, whatever is learnt about the remaining time, and reaches 1 exactly when nothing is left.
 */

export interface ExpectedPhase {
  readonly name: string;
  readonly seconds: number;
  /** Phases of one group follow each other; those of other groups may run at the same time. */
  readonly group?: number;
  /** The duration is extrapolated from the number of images alone: nothing comparable was measured on the device. */
  readonly guessed: boolean;
}

export interface Whole {
  /** 0 to 1; below 1 until the work is finished. */
  readonly share: number;
  /** Null until it is known for every remaining phase. */
  readonly secondsLeft: number | null;
}

interface Phase {
  readonly group?: number;
  seconds: number;
  guessed: boolean;
  done: number;
}

/** Results of the last image still have to be written, verified and listed. */
const MOST_BEFORE_THE_END = 0.99;

export class WholeProgress {
  readonly #phases: Map<string, Phase>;
  #share: number;

  /** `from`: how far the work was when it was stopped before. */
  constructor(phases: readonly ExpectedPhase[], from = 0) {
    this.#phases = new Map(phases.map(({ name, ...expected }) => [name, { ...expected, done: 0 }]));
    this.#share = Math.min(from, MOST_BEFORE_THE_END);
  }

  /** `done`: the finished share of the phase. `secondsLeft`: its remaining time, if measured. */
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

  /** Marks this phase and all earlier ones of its group as finished. */
  finish(name: string): void {
    const names = [...this.#phases.keys()];
    const group = this.#phases.get(name)?.group;
    const over = names.slice(0, names.indexOf(name) + 1).filter((one) => this.#phases.get(one)?.group === group);
    for (const one of over) this.advance(one, 1, null);
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
