import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { WorkbenchEvent } from '../../main/api/contract.ts';
import {
  type Channel,
  type Heard,
  type Locks,
  type StreamListener,
  type Surroundings,
  shareEvents,
} from '../../renderer/shell/shared-events.ts';

const RETRY_MS = 1000;
const EVENT: WorkbenchEvent = { kind: 'projectChanged', projectId: 'a', part: 'runs' };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/**
 * One browser: a lock that one tab holds and others queue for, a channel that reaches the other tabs, and streams that were
 * opened.
 */
class Browser {
  readonly streams: { readonly tab: string; readonly listener: StreamListener }[] = [];
  readonly #channels = new Set<{ hear(heard: Heard): void }>();
  #holder: { readonly reject: (error: Error) => void } | undefined;
  readonly #queue: (() => void)[] = [];

  open(tab: string, visible = true) {
    const heard: Heard[] = [];
    const state = { visible };
    const end = shareEvents(this.#surroundings(tab, state), (news) => heard.push(news));
    return { heard, end, state };
  }

  get leader() {
    return this.streams.at(-1);
  }

  #surroundings(tab: string, state: { readonly visible: boolean }): Surroundings {
    let hear: (heard: Heard) => void = () => {};
    const own = { hear: (heard: Heard) => hear(heard) };
    const channel: Channel = {
      post: (heard) => {
        for (const other of this.#channels) if (other !== own) other.hear(heard);
      },
      listen: (listener) => {
        hear = listener;
      },
      close: () => this.#channels.delete(own),
    };
    this.#channels.add(own);
    return {
      channel,
      visible: () => state.visible,
      locks: { request: (_name, options, held) => this.#request(options, held) },
      open: (listener) => {
        const stream = { tab, listener };
        this.streams.push(stream);
        return { close: () => this.streams.splice(this.streams.indexOf(stream) >>> 0, 1) };
      },
    };
  }

  #request(options: Parameters<Locks['request']>[1], held: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const hold = () => {
        const own = { reject };
        this.#holder = own;
        void held().then(() => {
          resolve();
          if (this.#holder !== own) return;
          this.#holder = undefined;
          this.#queue.shift()?.();
        });
      };
      if ('signal' in options) {
        options.signal.addEventListener('abort', () => {
          const place = this.#queue.indexOf(hold);
          if (place >= 0) this.#queue.splice(place, 1);
          reject(new Error('aborted'));
        });
      }
      if ('steal' in options) {
        this.#holder?.reject(new Error('stolen'));
        hold();
      } else if (this.#holder) this.#queue.push(hold);
      else hold();
    });
  }
}

const settle = () => vi.advanceTimersByTimeAsync(0);

it('opens one stream for eight tabs, and all of them receive it', async () => {
  const browser = new Browser();
  const tabs = Array.from({ length: 8 }, (_, place) => browser.open(`tab ${place}`));
  expect(browser.streams.map(({ tab }) => tab)).toEqual(['tab 0']);
  browser.leader?.listener.heartbeat();
  browser.leader?.listener.event(EVENT);
  for (const { heard } of tabs) expect(heard).toEqual([{ kind: 'opened' }, { kind: 'event', event: EVENT }]);
});

it('passes the stream to another tab when its tab is closed', async () => {
  const browser = new Browser();
  const [first, second, third] = [browser.open('first'), browser.open('second'), browser.open('third')];
  browser.leader?.listener.heartbeat();
  first.end();
  await settle();
  expect(browser.streams.map(({ tab }) => tab)).toEqual(['second']);
  browser.leader?.listener.heartbeat();
  // They cannot know what they missed between the two streams.
  expect(second.heard.at(-1)).toEqual({ kind: 'opened' });
  expect(third.heard.at(-1)).toEqual({ kind: 'opened' });
  expect(first.heard).toHaveLength(1);
});

it('tells every tab that the stream broke, and retries until it is restored', async () => {
  const browser = new Browser();
  const tabs = [browser.open('first'), browser.open('second')];
  browser.leader?.listener.heartbeat();
  for (let attempt = 0; attempt < 3; attempt++) {
    browser.leader?.listener.failed();
    expect(browser.streams).toEqual([]);
    for (const { heard } of tabs) expect(heard.at(-1)).toMatchObject({ kind: 'lost' });
    await vi.advanceTimersByTimeAsync(RETRY_MS);
    expect(browser.streams.map(({ tab }) => tab)).toEqual(['first']);
  }
  browser.leader?.listener.heartbeat();
  for (const { heard } of tabs) expect(heard.at(-1)).toEqual({ kind: 'opened' });
});

it('reopens the stream when it is silent without reporting an error', async () => {
  const browser = new Browser();
  const { heard } = browser.open('only');
  const before = browser.leader;
  before?.listener.heartbeat();
  await vi.advanceTimersByTimeAsync(14_000);
  before?.listener.heartbeat();
  await vi.advanceTimersByTimeAsync(14_000);
  expect(browser.leader).toBe(before);
  await vi.advanceTimersByTimeAsync(1000);
  expect(heard.at(-1)).toMatchObject({ kind: 'lost' });
  expect(browser.leader).not.toBe(before);
});

it('lets a visible tab take over the stream from a hidden one with slow timers', async () => {
  const browser = new Browser();
  const hidden = browser.open('hidden', false);
  const visible = browser.open('visible');
  browser.leader?.listener.heartbeat();
  // Its timers run once a minute, if at all.
  const usual = globalThis.setTimeout;
  const slow = vi
    .spyOn(globalThis, 'setTimeout')
    .mockImplementation((act, ms) => usual(act, ms === RETRY_MS ? 60_000 : ms));
  browser.leader?.listener.failed();
  slow.mockRestore();
  await vi.advanceTimersByTimeAsync(2500);
  expect(browser.streams.map(({ tab }) => tab)).toEqual(['visible']);
  browser.leader?.listener.heartbeat();
  browser.leader?.listener.event(EVENT);
  expect(hidden.heard.at(-1)).toEqual({ kind: 'event', event: EVENT });
  // The hidden one queues again.
  visible.end();
  await settle();
  expect(browser.streams.map(({ tab }) => tab)).toEqual(['hidden']);
});

it('takes over from a tab that does not respond at all', async () => {
  const browser = new Browser();
  const frozen = browser.open('frozen', false);
  const visible = browser.open('visible');
  const silent = browser.leader;
  silent?.listener.heartbeat();
  frozen.heard.length = 0;
  // Frozen: neither its timers nor its stream do anything.
  vi.clearAllTimers();
  visible.end();
  const late = browser.open('late');
  await vi.advanceTimersByTimeAsync(15_000);
  expect(late.heard).toEqual([{ kind: 'lost', visible: false }]);
  await vi.advanceTimersByTimeAsync(2500);
  expect(browser.streams.at(-1)?.tab).toBe('late');
});
