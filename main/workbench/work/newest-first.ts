/** A few tasks at a time, the one asked for last first; a task whose asker went away while it waited is dropped. */
import { Interrupted } from '../../failure.ts';

interface Waiting {
  begin(): void;
}

export class NewestFirst {
  readonly #atOnce: number;
  readonly #waiting: Waiting[] = [];
  #running = 0;

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** Throws `Interrupted` as soon as `signal` aborts, unless the task has begun. */
  async run<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    await this.#turn(signal);
    try {
      return await task();
    } finally {
      this.#running--;
      this.#startWhatCan();
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw new Interrupted();
    await new Promise<void>((resolve, reject) => {
      const waiting: Waiting = {
        begin: () => {
          signal.removeEventListener('abort', drop);
          resolve();
        },
      };
      const drop = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(new Interrupted());
      };
      signal.addEventListener('abort', drop, { once: true });
      this.#waiting.push(waiting);
      this.#startWhatCan();
    });
  }

  #startWhatCan(): void {
    while (this.#running < this.#atOnce) {
      const next = this.#waiting.pop();
      if (!next) return;
      this.#running++;
      next.begin();
    }
  }
}
