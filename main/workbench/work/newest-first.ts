/**
 * Runs a few tasks at a time, the latest request first; a waiting task whose requester went away is dropped. So that old
 * requests do not wait forever, after a while every other turn goes to the oldest. Requests ahead of need, which nobody waits
 * for, run when nothing else does.
 */
import { setMaxListeners } from 'node:events';
import { Interrupted } from '../../failure.ts';

interface Waiting {
  readonly sinceMs: number;
  begin(): void;
}

/** From then on, every other turn goes to the oldest request. */
const PATIENCE_MS = 250;

export class NewestFirst {
  readonly #atOnce: number;
  readonly #nowMs: () => number;
  readonly #waiting: Waiting[] = [];
  readonly #ahead: Waiting[] = [];
  #running = 0;
  #oldestNext = true;

  constructor(atOnce: number, nowMs: () => number = () => performance.now()) {
    this.#atOnce = atOnce;
    this.#nowMs = nowMs;
  }

  /** Throws `Interrupted` as soon as `signal` aborts, unless the task has begun. */
  async run<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    return await this.#run(this.#waiting, signal, task);
  }

  /** The same, when nobody else waits, in the order of the requests. */
  async runAhead<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    return await this.#run(this.#ahead, signal, task);
  }

  async #run<T>(queue: Waiting[], signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    await this.#turn(queue, signal);
    try {
      return await task();
    } finally {
      this.#running--;
      this.#startWhatCan();
    }
  }

  async #turn(queue: Waiting[], signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw new Interrupted();
    // All pictures of a screen that is made ahead wait on one signal; Node would report eleven listeners as a leak.
    setMaxListeners(0, signal);
    await new Promise<void>((resolve, reject) => {
      const waiting: Waiting = {
        sinceMs: this.#nowMs(),
        begin: () => {
          signal.removeEventListener('abort', drop);
          resolve();
        },
      };
      const drop = () => {
        queue.splice(queue.indexOf(waiting), 1);
        reject(new Interrupted());
      };
      signal.addEventListener('abort', drop, { once: true });
      queue.push(waiting);
      this.#startWhatCan();
    });
  }

  #startWhatCan(): void {
    while (this.#running < this.#atOnce) {
      const next = this.#next() ?? this.#ahead.shift();
      if (!next) return;
      this.#running++;
      next.begin();
    }
  }

  #next(): Waiting | undefined {
    const [oldest] = this.#waiting;
    const isLate = oldest !== undefined && this.#nowMs() - oldest.sinceMs > PATIENCE_MS;
    const takesOldest = isLate && this.#oldestNext;
    this.#oldestNext = !takesOldest;
    return takesOldest ? this.#waiting.shift() : this.#waiting.pop();
  }
}
