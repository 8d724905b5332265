/** Tracks every answer while it is being sent, and none afterwards. */
import { expect, it } from 'vitest';
import { LiveAnswers } from '../../electron/live-answers.ts';

const request = new Request('app://workbench/');

function stream(): { readonly body: ReadableStream<Uint8Array>; cancelled: boolean } {
  const made = { body: new ReadableStream<Uint8Array>(), cancelled: false };
  made.body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode('begun')),
    cancel: () => {
      made.cancelled = true;
    },
  });
  return made;
}

it('keeps no answer that was read, had no body, or failed', async () => {
  const answers = new LiveAnswers();
  const read = await answers.answer(request, async () => new Response('all'));
  expect(answers.count).toBe(1);
  expect(await read.text()).toBe('all');
  expect(answers.count).toBe(0);
  await answers.answer(request, async () => new Response(null, { status: 304 }));
  expect(answers.count).toBe(0);
  await expect(answers.answer(request, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(answers.count).toBe(0);
  const broken = new ReadableStream<Uint8Array>({ pull: () => Promise.reject(new Error('broken')) });
  const begun = await answers.answer(request, async () => new Response(broken));
  await expect(begun.text()).rejects.toThrow('broken');
  expect(answers.count).toBe(0);
});

it('aborts the request of an answer that nobody reads any more', async () => {
  const answers = new LiveAnswers();
  const source = stream();
  let signal: AbortSignal | undefined;
  const response = await answers.answer(request, async (copy) => {
    signal = copy.signal;
    return new Response(source.body, { status: 206, headers: { 'X-Kept': 'yes' } });
  });
  expect([response.status, response.headers.get('X-Kept')]).toEqual([206, 'yes']);
  await response.body?.cancel();
  expect([signal?.aborted, source.cancelled, answers.count]).toEqual([true, true, 0]);
});

it('ends requests in progress when the window is gone, even before they are answered', async () => {
  const answers = new LiveAnswers();
  const source = stream();
  const reader = (await answers.answer(request, async () => new Response(source.body))).body?.getReader();
  expect((await reader?.read())?.done).toBe(false);
  const waiting = answers.answer(
    request,
    ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
  );
  answers.endAll();
  await expect(waiting).rejects.toThrow('aborted');
  expect((await reader?.read())?.done).toBe(true);
  expect([source.cancelled, answers.count]).toEqual([true, 0]);
});

it('ends an answer that was still being made when the window went', async () => {
  const answers = new LiveAnswers();
  const source = stream();
  const late = answers.answer(request, async () => new Response(source.body));
  answers.endAll();
  expect(await (await late).text()).toBe('');
  expect([source.cancelled, answers.count]).toEqual([true, 0]);
});
