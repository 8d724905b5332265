/**
 * Training batches prepared ahead of their steps, on separate threads: while a device computes a step, the processor
 * reads and augments the images of the next ones. Thread t makes the batches of steps t, t + n, t + 2n, …
 */
import { Worker } from 'node:worker_threads';
import { asSystemFailure } from '../system-failure.ts';
import type { Batch, BatchStream } from '../training/batch-source.ts';
import type { TrainRequest } from '../training/train-request.ts';
import { type BatchMade, type BatchOrder, memoryOf } from './batch-protocol.ts';
import { builtEntry } from './built-entry.ts';
import { errorOf } from './task-failure.ts';

export function batchesOnThreads(request: TrainRequest, count: number): BatchStream {
  const threads = Array.from({ length: count }, () => new Worker(builtEntry('batch-worker'), { workerData: request }));
  const made = new Map<number, Batch>();
  let failure: Error | undefined;
  let wake: (() => void) | undefined;
  let [ordered, taken]: [number | undefined, Batch | undefined] = [undefined, undefined];
  let closed = false;

  const fail = (error: Error) => {
    failure ??= error;
    wake?.();
  };
  const exits = threads.map(
    (thread) =>
      new Promise<void>((resolve) => {
        thread.on('exit', (code) => {
          if (!closed) fail(new Error(`a batch thread exited with code ${code} without reporting a result`));
          resolve();
        });
      }),
  );
  for (const thread of threads) {
    thread.on('error', (error) => fail(asSystemFailure(error) as Error));
    thread.on('message', (message: BatchMade) => {
      if (message.kind === 'failed') return fail(errorOf(message.failure));
      made.set(message.step, message.batch);
      wake?.();
    });
  }

  const order = (step: number, batch: Batch | undefined) => {
    const wanted: BatchOrder = { step, batch };
    threads[step % count]?.postMessage(wanted, batch ? memoryOf(batch) : []);
  };

  return {
    async take(step) {
      // The previous batch is no longer in use.
      const free = taken;
      taken = undefined;
      ordered ??= step;
      // Each thread prepares one batch while this step is computed.
      for (let memory = free; ordered <= step + count; memory = undefined) order(ordered++, memory);
      for (;;) {
        if (failure) throw failure;
        const batch = made.get(step);
        if (batch) {
          made.delete(step);
          taken = batch;
          return batch;
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    async close() {
      closed = true;
      for (const thread of threads) thread.postMessage(null satisfies BatchOrder);
      await Promise.all(exits);
    },
  };
}
