/**
 * Notices that work has made no step for a while, and says what it is waiting for. With each step, the work declares
 * what it waits for next; the user is told only if that takes long.
 */

export const STALLED_SECONDS = 20;

const sentences = {
  folder:
    'the folder does not respond: is its disk or network still connected? The work continues by itself when it responds.',
  devices: 'the devices are being tested, one after another, each in a process of its own.',
  catalogue: 'the catalogue is being searched, which takes longer the more images there are.',
  decoding: 'an image takes long to decode, or its folder does not respond.',
  network: 'the network is being compiled for the device; that can take minutes the first time.',
  step: 'the device is computing a single step: it is slow for this network, or other programs keep it busy.',
  sender:
    'the sender of the file does not respond: is this computer still connected? The part received so far is kept.',
  disk: 'the disk is slow to write the results.',
} as const;

/** The things work can wait for. */
export type Awaited = keyof typeof sentences;

/** A source of time; tests bring their own. */
export interface Clock {
  nowMs(): number;
  /** Calls `then` after this time, unless the returned function is called first. */
  after(ms: number, then: () => void): () => void;
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  after: (ms, then) => {
    // A notice that nobody will read must not keep the process alive.
    const timer = setTimeout(then, ms).unref();
    return () => clearTimeout(timer);
  },
};

export class StallWatch {
  readonly #clock: Clock;
  readonly #onStall: () => void;
  #awaited: Awaited | null = null;
  #steppedMs = 0;
  #stalled = false;
  #cancel: (() => void) | undefined;

  /** `onStall` is called when the work begins to stall. */
  constructor(onStall: () => void, clock: Clock = systemClock) {
    this.#onStall = onStall;
    this.#clock = clock;
  }

  /** Records a step; from now on the work waits for `awaited`. */
  step(awaited: Awaited): void {
    this.#awaited = awaited;
    this.#steppedMs = this.#clock.nowMs();
    this.#stalled = false;
    // Steps come by the thousand, so the timer is not restarted: it checks the time of the last step when it is due.
    if (!this.#cancel) this.#lookAfter(1000 * STALLED_SECONDS);
  }

  end(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#awaited = null;
    this.#stalled = false;
  }

  /** One sentence while the work is stalled; null otherwise. */
  get sentence(): string | null {
    return this.#stalled && this.#awaited !== null
      ? `No step for ${STALLED_SECONDS} seconds: ${sentences[this.#awaited]}`
      : null;
  }

  #lookAfter(ms: number): void {
    this.#cancel = this.#clock.after(ms, () => {
      this.#cancel = undefined;
      const left = 1000 * STALLED_SECONDS - (this.#clock.nowMs() - this.#steppedMs);
      if (left > 0) this.#lookAfter(left);
      else {
        this.#stalled = true;
        this.#onStall();
      }
    });
  }
}
