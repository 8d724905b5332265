/** A few tasks at a time, the one asked for last first; a task whose asker went away while it waited is dropped. */
import { Interrupted } from '../failure.ts';

interface Waiting {
  readonly signal: AbortSignal;
  begin(): void;
  drop(): void;
}

export class NewestFirst {
  readonly #atOnce: number;
  readonly #waiting: Waiting[] = [];
  #running = 0;

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** Throws `Interrupted` when `signal` aborted before the task began. */
  async run<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ signal, begin: resolve, drop: () => reject(new Interrupted()) });
      this.#startWhatCan();
    });
    try {
      return await task();
    } finally {
      this.#running--;
      this.#startWhatCan();
    }
  }

  #startWhatCan(): void {
    while (this.#running < this.#atOnce) {
      const next = this.#waiting.pop();
      if (!next) return;
      if (next.signal.aborted) {
        next.drop();
        continue;
      }
      this.#running++;
      next.begin();
    }
  }
}
