/**
 * The stream of everything that changes, for a bounded number of pages. Existing listeners continue, and the newest is told to
 * retry later. A listener that does not read what it is sent is ended; it starts again with the present state.
 */
import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { EventsDesk } from '../workbench/services.ts';
import { tooBusy } from './failures.ts';

/** Tabs of one browser share a stream (renderer/shell/shared-events.ts): this many browsers and windows. */
const MOST_STREAMS = 32;
const RETRY_AFTER_SECONDS = 5;
/** Keeps a quiet stream open through proxies and in the browser; a page notices within this time that the server is gone. */
const HEARTBEAT_MS = 5000;
const MOST_UNREAD_EVENTS = 1000;

export class EventStreams {
  readonly #events: EventsDesk;
  #open = 0;

  constructor(events: EventsDesk) {
    this.#events = events;
  }

  /** Throws a refusal (503) when there are too many listeners. */
  answer(c: Context): Response {
    if (this.#open >= MOST_STREAMS) {
      throw tooBusy(`Understudy is open in ${MOST_STREAMS} windows already: close one of them.`, RETRY_AFTER_SECONDS);
    }
    this.#open++;
    return streamSSE(c, async (stream) => {
      const over = new AbortController();
      const ended = new Promise<void>((resolve) => {
        for (const signal of [c.req.raw.signal, over.signal]) {
          if (signal.aborted) resolve();
          signal.addEventListener('abort', () => resolve(), { once: true });
        }
        stream.onAbort(resolve);
      });
      let unread = 0;
      const send = (event: Parameters<typeof stream.writeSSE>[0]) => {
        if (unread === MOST_UNREAD_EVENTS) return over.abort();
        unread++;
        void stream.writeSSE(event).finally(() => unread--);
      };
      this.#events.listen((event) => send({ data: JSON.stringify(event) }), over.signal);
      send({ event: 'heartbeat', data: '' });
      const heartbeat = setInterval(() => send({ event: 'heartbeat', data: '' }), HEARTBEAT_MS);
      try {
        await ended;
      } finally {
        clearInterval(heartbeat);
        over.abort();
        this.#open--;
      }
    });
  }
}
