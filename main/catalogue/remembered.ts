/**
 * Caches answers about a catalogue that are requested repeatedly while nothing in it changes, in one run dozens of
 * times.
 */
import type { Database } from './database.ts';

export class Remembered {
  readonly #database: Database;
  readonly #answers = new Map<string, Promise<unknown>>();
  #change = -1;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * The answer of `ask` under this name, cached until the next change. Shared between callers, so it must not be
   * modified.
   */
  async answer<T>(name: string, ask: () => Promise<T>): Promise<T> {
    // A transaction sees changes that others do not see yet, and may never see.
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
