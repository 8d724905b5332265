/** The cards that a thread has open, each with its kernels ready, for as long as any session is on it. */
import { Card } from './card.ts';
import { kernels } from './kernels.ts';

interface OpenCard {
  readonly card: Card;
  sessions: number;
}

/** Of one thread: what it has made current is so for it alone. */
export class OpenCards {
  readonly #driver: () => string;
  readonly #open = new Map<number, OpenCard>();

  constructor(driver: () => string) {
    this.#driver = driver;
  }

  /** The card with its kernels ready, for as long as any session is on it. */
  enter(index: number): { readonly card: Card; leave(): void } {
    const entry = this.#open.get(index) ?? { card: Card.open(index, kernels(), this.#driver()), sessions: 0 };
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
