/** The cards that a thread has open, each with its kernels loaded, for as long as any session uses it. */
import { Card } from './card.ts';
import { kernelModules } from './kernels.ts';

interface OpenCard {
  readonly card: Card;
  sessions: number;
}

/** Belongs to one thread: a current context is current only there. */
export class OpenCards {
  readonly #driver: () => string;
  readonly #open = new Map<number, OpenCard>();

  constructor(driver: () => string) {
    this.#driver = driver;
  }

  /**
   * Opens the card with its kernels loaded, or shares it if it is open; it stays open as long as any session uses it.
   */
  enter(index: number): { readonly card: Card; leave(): void } {
    const entry = this.#open.get(index) ?? { card: Card.open(index, kernelModules, this.#driver()), sessions: 0 };
    this.#open.set(index, entry);
    entry.sessions++;
    return {
      card: entry.card,
      leave: () => {
        if (--entry.sessions > 0) return;
        this.#open.delete(index);
        entry.card.close();
      },
    };
  }
}
