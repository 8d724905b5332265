import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PicturesInSight, type RequestPictures } from '../../renderer/images/pictures-in-sight.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** What was requested, and an answer whose pieces the test sends. */
class Workbench {
  readonly requests: { readonly px: number; readonly imageIds: readonly number[]; readonly signal: AbortSignal }[] = [];
  readonly answers: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>[] = [];
  readonly arrived: [number, string | undefined][] = [];
  readonly inSight: PicturesInSight;

  constructor(request?: RequestPictures) {
    const answering: RequestPictures = async (_, px, imageIds, signal) => {
      this.requests.push({ px, imageIds, signal });
      return new ReadableStream({ start: (controller) => void this.answers.push(controller) });
    };
    this.inSight = new PicturesInSight(request ?? answering);
  }

  show(imageId: number, px = 192): () => void {
    return this.inSight.show('project', px, {
      imageId,
      deliver: (picture) => void this.arrived.push([imageId, picture]),
    });
  }

  send(text: string, answer = 0): void {
    this.answers[answer]?.enqueue(new TextEncoder().encode(text));
  }
}

it('requests what comes into sight together at once, as one, and each size for itself', async () => {
  const bench = new Workbench();
  for (const imageId of [3, 1, 2, 3]) bench.show(imageId);
  bench.show(1, 384);
  await vi.advanceTimersByTimeAsync(0);
  expect(bench.requests).toMatchObject([
    { px: 192, imageIds: [3, 1, 2] },
    { px: 384, imageIds: [1] },
  ]);
});

it('delivers each picture as it arrives, however the answer is cut, and reports those that do not come', async () => {
  const bench = new Workbench();
  for (const imageId of [1, 2, 2, 3]) bench.show(imageId);
  await vi.advanceTimersByTimeAsync(0);
  bench.send('{"imageId":2,"picture":"data:b"}\n{"imageId":1');
  await vi.advanceTimersByTimeAsync(0);
  expect(bench.arrived).toEqual([
    [2, 'data:b'],
    [2, 'data:b'],
  ]);
  bench.send(',"picture":"data:a"}');
  bench.send('\n');
  bench.answers[0]?.close();
  await vi.advanceTimersByTimeAsync(0);
  expect(bench.arrived.slice(2)).toEqual([
    [1, 'data:a'],
    [3, undefined],
  ]);
});

it('requests nothing for what scrolls past, and drops a request when all of its pictures have left sight', async () => {
  const bench = new Workbench();
  const first = [1, 2].map((imageId) => bench.show(imageId));
  await vi.advanceTimersByTimeAsync(16);
  for (const leave of first) leave();
  expect(bench.requests.map(({ signal }) => signal.aborted)).toEqual([true]);
  for (let frame = 0; frame < 10; frame++) {
    const leave = bench.show(100 + frame);
    await vi.advanceTimersByTimeAsync(16);
    leave();
  }
  bench.show(7);
  await vi.advanceTimersByTimeAsync(59);
  expect(bench.requests).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(bench.requests.map(({ imageIds }) => imageIds)).toEqual([[1, 2], [7]]);
  expect(bench.requests[1]?.signal.aborted).toBe(false);
});

it('splits what is more than one request may hold', async () => {
  const bench = new Workbench();
  for (let imageId = 0; imageId < 450; imageId++) bench.show(imageId);
  await vi.advanceTimersByTimeAsync(0);
  expect(bench.requests.map(({ imageIds }) => imageIds.length)).toEqual([200, 200, 50]);
});

it('a refusal, or no answer, is reported for each picture', async () => {
  const bench = new Workbench(async () => {
    throw new Error('refused');
  });
  bench.show(1);
  bench.show(2);
  await vi.advanceTimersByTimeAsync(0);
  expect(bench.arrived).toEqual([
    [1, undefined],
    [2, undefined],
  ]);
});
