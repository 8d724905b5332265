/** Answers that are given faster than they can be saved. */
import { describe, expect, it } from 'vitest';
import { AnswerQueue } from '../../renderer/acts/answer-queue.ts';

/** A server that answers only when told to. */
class SlowDoor {
  readonly asked: string[] = [];
  readonly #waiting: { resolve(kept: number): void; reject(error: Error): void }[] = [];
  #kept = 0;

  readonly queue = new AnswerQueue<string, number>({
    keep: (answer) => this.#ask(`keep ${answer}`),
    takeBack: (answer, kept) => this.#ask(`take back ${answer}, kept as ${kept}`),
  });

  async #ask(what: string): Promise<number> {
    this.asked.push(what);
    return await new Promise<number>((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  async answers(count = 1): Promise<void> {
    for (let answered = 0; answered < count; answered++) {
      this.#waiting.shift()?.resolve(++this.#kept);
      await settled();
    }
  }

  async refuses(): Promise<void> {
    this.#waiting.shift()?.reject(new Error('no room'));
    await settled();
  }

  get states(): string[] {
    return this.queue.given().map(({ answer, state }) => `${answer} ${state}`);
  }
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('answers', () => {
  it('are all accepted at once and sent one after the other', async () => {
    const door = new SlowDoor();
    for (const answer of ['a', 'b', 'c']) door.queue.give(answer);
    expect(door.states).toEqual(['a sending', 'b waiting', 'c waiting']);
    expect(door.asked).toEqual(['keep a']);
    await door.answers(3);
    expect(door.asked).toEqual(['keep a', 'keep b', 'keep c']);
    expect(door.states).toEqual(['a kept', 'b kept', 'c kept']);
  });

  it('are taken back one by one, the newest first, whether or not they were sent', async () => {
    const door = new SlowDoor();
    for (const answer of ['a', 'b', 'c']) door.queue.give(answer);
    await door.answers();
    expect(door.queue.takeBack()).toBe('c');
    expect(door.queue.takeBack()).toBe('b');
    expect(door.queue.takeBack()).toBe('a');
    expect(door.queue.takeBack()).toBeUndefined();
    door.queue.give('d');
    await door.answers(4);
    expect(door.asked).toEqual(['keep a', 'keep b', 'take back b, kept as 2', 'take back a, kept as 1', 'keep d']);
    expect(door.states).toEqual(['d kept']);
  });

  it('that fail stay with their reason, do not block others, and can be retried or taken back', async () => {
    const door = new SlowDoor();
    for (const answer of ['a', 'b', 'c']) door.queue.give(answer);
    await door.refuses();
    await door.refuses();
    await door.answers();
    expect(door.states).toEqual(['a failed', 'b failed', 'c kept']);
    expect(door.queue.given().map(({ error }) => error?.message)).toEqual(['no room', 'no room', undefined]);
    door.queue.tryAgain();
    await door.answers(2);
    expect(door.states).toEqual(['c kept', 'a kept', 'b kept']);
    door.queue.give('d');
    await door.refuses();
    expect(door.queue.takeBack()).toBe('d');
    expect(door.asked.at(-1)).toBe('keep d');
  });

  it('that cannot be taken back remain, with the reason', async () => {
    const door = new SlowDoor();
    door.queue.give('a');
    await door.answers();
    door.queue.takeBack();
    await door.refuses();
    expect(door.states).toEqual(['a kept']);
    expect(door.queue.given()[0]?.error?.message).toBe('no room');
  });

  it('that fail while they are taken back disappear', async () => {
    const door = new SlowDoor();
    door.queue.give('a');
    door.queue.takeBack();
    await door.refuses();
    expect(door.states).toEqual([]);
    expect(door.asked).toEqual(['keep a']);
  });
});
