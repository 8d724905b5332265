/**
 * Notices that work has made no step for a while, and says what it waits for. Whoever works says with each step what it waits
 * for next; a person is told of it only where that takes long.
 */

export const STALLED_SECONDS = 20;

const sentences = {
  folder: 'the folder does not answer: is its disk or its network still there? It goes on by itself when it answers.',
  devices: 'the devices are being tested, one after another, each in a process of its own.',
  catalogue: 'the catalogue is being searched, which takes longer the more images there are.',
  decoding: 'an image takes long to decode, or the folder that it is in does not answer.',
  network: 'the network is being made ready for the device, which compiles it; that can take minutes the first time.',
  step: 'the device is computing a single step: it is slow for this network, or other programs keep it busy.',
  sender: 'who sends the file does not answer: is this computer still connected? What has come is kept.',
  disk: 'the disk is slow to take what was computed.',
} as const;

/** What work can wait for. */
export type Awaited = keyof typeof sentences;

/** Where time comes from; tests bring one of their own. */
export interface Clock {
  nowMs(): number;
  /** Calls `then` after this time, unless the function that it gives is called before. */
  after(ms: number, then: () => void): () => void;
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  after: (ms, then) => {
    // What is told to nobody must not keep the process alive.
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

  /** `onStall` is called when work has begun to stall. */
  constructor(onStall: () => void, clock: Clock = systemClock) {
    this.#onStall = onStall;
    this.#clock = clock;
  }

  /** A step was made; from now on it waits for this. */
  step(awaited: Awaited): void {
    this.#awaited = awaited;
    this.#steppedMs = this.#clock.nowMs();
    this.#stalled = false;
    // Steps come by the thousand: the timer looks at the last one when it is due.
    if (!this.#cancel) this.#lookAfter(1000 * STALLED_SECONDS);
  }

  end(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#awaited = null;
    this.#stalled = false;
  }

  /** One sentence where nothing moves; null otherwise. */
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
