/** A workbench that has gone silent: gone, or slow. */
import { afterEach, expect, it, vi } from 'vitest';
import { isGone } from '../../renderer/shell/silence.ts';

afterEach(() => {
  vi.useRealTimers();
});

const never = (signal: AbortSignal) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

it('is not gone while it answers, however late and whatever the answer', async () => {
  vi.useFakeTimers();
  const asked = isGone(() => new Promise((resolve) => setTimeout(() => resolve({ status: 503 }), 50_000)));
  await vi.advanceTimersByTimeAsync(50_000);
  expect(await asked).toBe(false);
});

it('is gone at once when the connection is refused, and after a minute without an answer', async () => {
  expect(await isGone(() => Promise.reject(new TypeError('Failed to fetch')))).toBe(true);
  vi.useFakeTimers();
  const asked = isGone(never);
  await vi.advanceTimersByTimeAsync(61_000);
  expect(await asked).toBe(true);
});
