/**
 * Answers that a person gives faster than they can be saved: each is accepted at once and sent in turn, one after the other.
 * None is dropped: one that fails stays, with its reason, until it is retried or taken back. The queue does not know what an
 * answer means, nor where it is sent.
 */
export type AnswerState = 'waiting' | 'sending' | 'kept' | 'failed' | 'takingBack';

export interface GivenAnswer<Answer> {
  /** Numbers the answers in the order in which they were given or retried. */
  readonly turn: number;
  readonly answer: Answer;
  readonly state: AnswerState;
  /** Why it was not saved, or not taken back. */
  readonly error: Error | null;
}

export interface AnswerDoor<Answer, Kept> {
  keep(answer: Answer): Promise<Kept>;
  takeBack(answer: Answer, kept: Kept): Promise<unknown>;
}

export class AnswerQueue<Answer, Kept> {
  readonly #door: AnswerDoor<Answer, Kept>;
  /** What the server returned for saved answers, by turn. */
  readonly #kept = new Map<number, Kept>();
  readonly #listeners = new Set<() => void>();
  /** What is to be done with which answer, in the order of the person's actions. */
  readonly #errands: { readonly turn: number; readonly act: 'keep' | 'takeBack' }[] = [];
  #given: readonly GivenAnswer<Answer>[] = [];
  #turns = 0;
  #busy = false;

  constructor(door: AnswerDoor<Answer, Kept>) {
    this.#door = door;
  }

  /** The newest at the end; a new array after every change. */
  readonly given = (): readonly GivenAnswer<Answer>[] => this.#given;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  give(answer: Answer): void {
    const turn = this.#turns++;
    this.#set([...this.#given, { turn, answer, state: 'waiting', error: null }]);
    this.#errands.push({ turn, act: 'keep' });
    void this.#work();
  }

  /** Withdraws the newest answer that stands, as the person sees it, and returns it; undefined if there is none. */
  takeBack(): Answer | undefined {
    const newest = this.#given.findLast(({ state }) => state !== 'takingBack');
    if (!newest) return undefined;
    const { turn, state, answer } = newest;
    if (state === 'waiting' || state === 'failed') {
      const errand = this.#errands.findIndex((one) => one.turn === turn);
      if (errand >= 0) this.#errands.splice(errand, 1);
      this.#remove(turn);
    } else {
      this.#change(turn, { state: 'takingBack', error: null });
      this.#errands.push({ turn, act: 'takeBack' });
      void this.#work();
    }
    return answer;
  }

  /** Retries all that failed, as if they were given now. */
  tryAgain(): void {
    const failed = this.#given.filter(({ state }) => state === 'failed');
    for (const { turn, answer } of failed) {
      this.#remove(turn);
      this.give(answer);
    }
  }

  async #work(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    for (let errand = this.#errands.shift(); errand; errand = this.#errands.shift()) {
      await this.#do(errand.turn, errand.act);
    }
    this.#busy = false;
  }

  async #do(turn: number, act: 'keep' | 'takeBack'): Promise<void> {
    const known = this.#given.find((one) => one.turn === turn);
    if (!known) return;
    await (act === 'keep' ? this.#keep(turn, known.answer) : this.#forget(turn, known.answer));
  }

  async #keep(turn: number, answer: Answer): Promise<void> {
    this.#change(turn, { state: 'sending' });
    try {
      this.#kept.set(turn, await this.#door.keep(answer));
      if (!this.#isTakenBack(turn)) this.#change(turn, { state: 'kept' });
    } catch (thrown) {
      // A failed answer that was taken back meanwhile was never saved, which is what the person wanted.
      if (this.#isTakenBack(turn)) this.#remove(turn);
      else this.#change(turn, { state: 'failed', error: errorOf(thrown) });
    }
  }

  async #forget(turn: number, answer: Answer): Promise<void> {
    try {
      if (this.#kept.has(turn)) await this.#door.takeBack(answer, this.#kept.get(turn) as Kept);
      this.#remove(turn);
    } catch (thrown) {
      this.#change(turn, { state: 'kept', error: errorOf(thrown) });
    }
  }

  #isTakenBack(turn: number): boolean {
    return this.#given.find((one) => one.turn === turn)?.state === 'takingBack';
  }

  #change(turn: number, change: Partial<GivenAnswer<Answer>>): void {
    this.#set(this.#given.map((one) => (one.turn === turn ? { ...one, ...change } : one)));
  }

  #remove(turn: number): void {
    this.#kept.delete(turn);
    this.#set(this.#given.filter((one) => one.turn !== turn));
  }

  #set(given: readonly GivenAnswer<Answer>[]): void {
    this.#given = given;
    for (const listener of this.#listeners) listener();
  }
}

export function isOnItsWay({ state }: Pick<GivenAnswer<unknown>, 'state'>): boolean {
  return state === 'waiting' || state === 'sending' || state === 'takingBack';
}

function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
