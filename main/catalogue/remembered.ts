/** Answers about a catalogue that are asked for again and again while nothing in it changes, in one run dozens of times. */
import type { Database } from './database.ts';

export class Remembered {
  readonly #database: Database;
  readonly #answers = new Map<string, Promise<unknown>>();
  #change = -1;

  constructor(database: Database) {
    this.#database = database;
  }

  /** What `ask` answered under this name since the last change. Whoever gets it leaves it as it is: others get it too. */
  async answer<T>(name: string, ask: () => Promise<T>): Promise<T> {
    // Inside a transaction is seen what others do not see yet, and may never.
    if (this.#database.isIsolated) return await ask();
    if (this.#change !== this.#database.changes) {
      this.#answers.clear();
      this.#change = this.#database.changes;
    }
    const known = this.#answers.get(name);
    if (known) return (await known) as T;
    const asked = ask();
    this.#answers.set(name, asked);
    try {
      return await asked;
    } catch (error) {
      if (this.#answers.get(name) === asked) this.#answers.delete(name);
      throw error;
    }
  }
}
