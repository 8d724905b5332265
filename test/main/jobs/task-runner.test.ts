import { expect, it } from 'vitest';
import { Interrupted } from '../../../main/failure.ts';
import { runAll, type TaskRunner } from '../../../main/jobs/task-runner.ts';

const signal = new AbortController().signal;
const progress = () => {};

/** Each task ends when the test says so. */
function runnerOf(lanes: number) {
  const under = new Map<number, { resolve(result: string): void; reject(error: Error): void }>();
  const runner: TaskRunner<number, string> = {
    form: 'thread',
    lanes,
    run: async (request, options) =>
      (await new Promise((resolve, reject) => {
        under.set(request, { resolve, reject });
        options.signal.addEventListener('abort', () => reject(new Interrupted()));
      }).finally(() => under.delete(request))) as string,
    close: async () => {},
  };
  const all = async (...requests: readonly number[]) =>
    await new Promise<void>((done) => {
      const look = () => ([...under.keys()].join() === requests.join() ? done() : setImmediate(look));
      look();
    });
  return { runner, under, all };
}

it('has as many tasks under way as there are lanes, and gives each once', async () => {
  const { runner, under, all } = runnerOf(2);
  const finished: (readonly [number, string])[] = [];
  const running = runAll(runner, [0, 1, 2], { signal, progress }, (...one) => finished.push(one));
  await all(0, 1);
  under.get(1)?.resolve('one');
  await all(0, 2);
  under.get(0)?.resolve('zero');
  under.get(2)?.resolve('two');
  await running;
  expect(finished).toEqual([
    [1, 'one'],
    [0, 'zero'],
    [2, 'two'],
  ]);
});

it('stops the others at the first failure, which it throws', async () => {
  const { runner, under, all } = runnerOf(2);
  const running = runAll(runner, [0, 1, 2], { signal, progress }, () => {});
  running.catch(() => {});
  await all(0, 1);
  under.get(0)?.reject(new Error('the card is gone'));
  await expect(running).rejects.toThrow('the card is gone');
  expect(under.size).toBe(0);
});

it('is interrupted, and begins no more', async () => {
  const stop = new AbortController();
  const { runner, under, all } = runnerOf(1);
  const running = runAll(runner, [0, 1], { signal: stop.signal, progress }, () => {});
  running.catch(() => {});
  await all(0);
  stop.abort();
  await expect(running).rejects.toThrow(Interrupted);
  expect(under.size).toBe(0);
});
