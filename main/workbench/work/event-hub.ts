/** Sends every event to every listener, in chronological order. A listener that fails does not affect the others. */
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
        // Its connection broke during the call; its signal removes it.
      }
    }
  }

  listen(listener: Listener, signal: AbortSignal): void {
    if (signal.aborted) return;
    // A separate function, so that a listener registered twice is called twice and removed one at a time.
    const own: Listener = (event) => listener(event);
    this.#listeners.add(own);
    signal.addEventListener('abort', () => this.#listeners.delete(own), { once: true });
  }
}
