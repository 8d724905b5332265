/**
 * One event stream for all tabs of a browser. A browser opens six connections to a server at most, and a stream holds one for
 * good: with a stream a tab, the sixth tab would get no answer to anything. The tab that holds a Web Lock has the stream and
 * repeats what it hears on a BroadcastChannel; when that tab is gone, the browser hands the lock to another. What an event
 * means is not known here: see `live-events.ts`.
 */
import type { WorkbenchEvent } from '../../main/api/contract.ts';

/** Three heartbeats without a word: the server is gone, even if the connection does not say so. */
const SILENCE_MS = 15_000;
const RETRY_MS = 1000;
/** A browser slows the clocks of a hidden tab down: a visible one then sees sooner that the server is back. */
const TAKE_OVER_MS = 2500;

export type Heard =
  /** A stream began: what happened before it may have been missed. */
  | { readonly kind: 'opened' }
  | { readonly kind: 'heartbeat' }
  | { readonly kind: 'event'; readonly event: WorkbenchEvent }
  /** `visible`: whether the tab that has the stream is in sight. */
  | { readonly kind: 'lost'; readonly visible: boolean };

export interface Stream {
  close(): void;
}

export interface StreamListener {
  heartbeat(): void;
  event(event: WorkbenchEvent): void;
  failed(): void;
}

/** What a tab has around it, so that several can be tried without a browser. */
export interface Surroundings {
  readonly open: (listener: StreamListener) => Stream;
  readonly channel: Channel;
  readonly locks: Locks;
  readonly visible: () => boolean;
}

/** Reaches the other tabs, and not the one that posts. */
export interface Channel {
  post(heard: Heard): void;
  listen(hear: (heard: Heard) => void): void;
  close(): void;
}

/** As `navigator.locks`. */
export interface Locks {
  request(
    name: string,
    options: { readonly steal: true } | { readonly signal: AbortSignal },
    held: () => Promise<void>,
  ): Promise<unknown>;
}

const LOCK = 'understudy-events';

/** Tells `hear` everything, whoever has the stream, until the returned function is called. */
export function shareEvents(surroundings: Surroundings, hear: (heard: Heard) => void): () => void {
  const tab = new Tab(surroundings, hear);
  tab.start();
  return () => tab.end();
}

class Tab {
  readonly #around: Surroundings;
  readonly #hear: (heard: Heard) => void;
  #ended = false;
  /** Of the request for the lock that is in the queue. */
  #waiting = new AbortController();
  #stream: Stream | undefined;
  /** Gives the lock back; there while this tab has it. */
  #release: (() => void) | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #takeOver: ReturnType<typeof setTimeout> | undefined;

  constructor(around: Surroundings, hear: (heard: Heard) => void) {
    this.#around = around;
    this.#hear = hear;
  }

  start(): void {
    this.#around.channel.listen((heard) => this.#follow(heard));
    this.#listenForSilence();
    this.#queueForLock();
  }

  end(): void {
    this.#ended = true;
    this.#waiting.abort();
    clearTimeout(this.#takeOver);
    this.#stepDown();
    clearTimeout(this.#silence);
    this.#around.channel.close();
  }

  #queueForLock(steal = false): void {
    this.#waiting.abort();
    const waiting = new AbortController();
    this.#waiting = waiting;
    this.#around.locks
      // A lock that is taken by force knows no signal.
      .request(LOCK, steal ? { steal: true } : { signal: waiting.signal }, () => this.#lead())
      .catch(() => {
        if (waiting.signal.aborted) return;
        // Another tab took it.
        this.#stepDown();
        this.#queueForLock();
      });
  }

  /** Resolves when the lock is not wanted any more. */
  async #lead(): Promise<void> {
    if (this.#ended) return;
    clearTimeout(this.#takeOver);
    this.#takeOver = undefined;
    await new Promise<void>((release) => {
      this.#release = release;
      this.#connect();
    });
  }

  #stepDown(): void {
    this.#stream?.close();
    this.#stream = undefined;
    this.#release?.();
    this.#release = undefined;
    this.#listenForSilence();
  }

  #connect(): void {
    let opened = false;
    this.#stream?.close();
    this.#stream = this.#around.open({
      heartbeat: () => {
        this.#say(opened ? { kind: 'heartbeat' } : { kind: 'opened' });
        opened = true;
      },
      event: (event) => this.#say({ kind: 'event', event }),
      failed: () => this.#lose(RETRY_MS),
    });
    this.#listenForSilence();
  }

  #lose(retryMs: number): void {
    this.#stream?.close();
    this.#say({ kind: 'lost', visible: this.#around.visible() });
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#release && this.#connect(), retryMs);
  }

  #say(heard: Heard): void {
    this.#around.channel.post(heard);
    if (heard.kind !== 'lost') this.#listenForSilence();
    this.#hear(heard);
  }

  #follow(heard: Heard): void {
    if (this.#release) return;
    this.#hear(heard);
    if (heard.kind !== 'lost') {
      clearTimeout(this.#takeOver);
      this.#takeOver = undefined;
      this.#listenForSilence();
    } else if (!heard.visible) this.#takeOverSoon();
  }

  #listenForSilence(): void {
    clearTimeout(this.#silence);
    if (this.#ended) return;
    this.#silence = setTimeout(() => {
      if (this.#release) this.#lose(0);
      else {
        this.#hear({ kind: 'lost', visible: false });
        this.#takeOverSoon();
        this.#listenForSilence();
      }
    }, SILENCE_MS);
  }

  /** The tab that has the stream is hidden and slowed down, or frozen altogether. */
  #takeOverSoon(): void {
    if (this.#takeOver !== undefined || !this.#around.visible()) return;
    this.#takeOver = setTimeout(() => {
      this.#takeOver = undefined;
      if (!this.#release && !this.#ended) this.#queueForLock(true);
    }, TAKE_OVER_MS);
  }
}
