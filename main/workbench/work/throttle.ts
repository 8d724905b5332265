/** Reports the newest state of a thing a few times a second, however often it changes; the last change is always reported. */

const INTERVAL_MS = 200;

export class Throttle<Thing> {
  readonly #tell: (thing: Thing) => void;
  readonly #timers = new Map<Thing, NodeJS.Timeout>();

  constructor(tell: (thing: Thing) => void) {
    this.#tell = tell;
  }

  soon(thing: Thing): void {
    if (this.#timers.has(thing)) return;
    const timer = setTimeout(() => {
      this.#timers.delete(thing);
      this.#tell(thing);
    }, INTERVAL_MS);
    // A pending progress report must not keep the process alive.
    this.#timers.set(thing, timer.unref());
  }

  end(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
