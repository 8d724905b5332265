/**
 * One event stream for all tabs of a browser. A browser opens at most six connections to a server, and a stream holds one for
 * good: with one stream per tab, the sixth tab would get no answer to anything. The tab that holds a Web Lock has the stream
 * and repeats what it receives on a BroadcastChannel; when that tab is gone, the browser passes the lock to another. The
 * meaning of events is handled elsewhere: see `live-events.ts`.
 */
import type { WorkbenchEvent } from '../../main/api/contract.ts';

/** Three heartbeats without a message: the server is gone, even if the connection does not show it. */
const SILENCE_MS = 15_000;
const RETRY_MS = 1000;
/** A browser slows the timers of a hidden tab: a visible one notices sooner that the server is back. */
const TAKE_OVER_MS = 2500;

export type Heard =
  /** A stream began: earlier events may have been missed. */
  | { readonly kind: 'opened' }
  | { readonly kind: 'heartbeat' }
  | { readonly kind: 'event'; readonly event: WorkbenchEvent }
  /** `visible`: whether the tab with the stream is in sight. */
  | { readonly kind: 'lost'; readonly visible: boolean };

export interface Stream {
  close(): void;
}

export interface StreamListener {
  heartbeat(): void;
  event(event: WorkbenchEvent): void;
  failed(): void;
}

/** A tab's environment, so that several can be tested without a browser. */
export interface Surroundings {
  readonly open: (listener: StreamListener) => Stream;
  readonly channel: Channel;
  readonly locks: Locks;
  readonly visible: () => boolean;
}

/** Reaches the other tabs, but not the one that posts. */
export interface Channel {
  post(heard: Heard): void;
  listen(hear: (heard: Heard) => void): void;
  close(): void;
}

/** Like `navigator.locks`. */
export interface Locks {
  request(
    name: string,
    options: { readonly steal: true } | { readonly signal: AbortSignal },
    held: () => Promise<void>,
  ): Promise<unknown>;
}

const LOCK = 'understudy-events';

/** Passes everything to `hear`, whichever tab has the stream, until the returned function is called. */
export function shareEvents(surroundings: Surroundings, hear: (heard: Heard) => void): () => void {
  const tab = new Tab(surroundings, hear);
  tab.start();
  return () => tab.end();
}

class Tab {
  readonly #around: Surroundings;
  readonly #hear: (heard: Heard) => void;
  #ended = false;
  /** For the request for the lock that is queued. */
  #waiting = new AbortController();
  #stream: Stream | undefined;
  /** Releases the lock; defined while this tab has it. */
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
      // A request that steals a lock accepts no signal.
      .request(LOCK, steal ? { steal: true } : { signal: waiting.signal }, () => this.#lead())
      .catch(() => {
        if (waiting.signal.aborted) return;
        // Another tab took it.
        this.#stepDown();
        this.#queueForLock();
      });
  }

  /** Resolves when the lock is no longer wanted. */
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

  /** The tab with the stream is hidden and throttled, or frozen altogether. */
  #takeOverSoon(): void {
    if (this.#takeOver !== undefined || !this.#around.visible()) return;
    this.#takeOver = setTimeout(() => {
      this.#takeOver = undefined;
      if (!this.#release && !this.#ended) this.#queueForLock(true);
    }, TAKE_OVER_MS);
  }
}
