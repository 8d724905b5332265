/** Tells every listener what happened, in the order of its happening. A listener that fails does not keep others from hearing. */
import type { WorkbenchEvent } from '../contract/events.ts';
import type { EventsDesk } from '../services.ts';

type Listener = (event: WorkbenchEvent) => void;

export class EventHub implements EventsDesk {
  readonly #listeners = new Set<Listener>();

  tell(event: WorkbenchEvent): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch {
        // Its connection broke while it was told; its signal removes it.
      }
    }
  }

  listen(listener: Listener, signal: AbortSignal): void {
    if (signal.aborted) return;
    // Its own function, so that one that listens twice is heard twice and removed one by one.
    const own: Listener = (event) => listener(event);
    this.#listeners.add(own);
    signal.addEventListener('abort', () => this.#listeners.delete(own), { once: true });
  }
}
