/**
 * Does one compute task on a worker thread of its own. Cancelling is cooperative: terminating a thread during a step of the
 * native runtime aborts the whole process, so the thread is asked to stop and ends by itself.
 */
import { Worker } from 'node:worker_threads';
import { Interrupted } from '../failure.ts';
import { asSystemFailure } from '../system-failure.ts';
import { builtEntry } from './built-entry.ts';
import { type ComputeTasks, STOP, type TaskMessage, type TaskName, type TaskStart } from './compute-protocol.ts';
import { errorOf } from './task-failure.ts';

export interface TaskOptions<Name extends TaskName> {
  readonly signal?: AbortSignal | undefined;
  /** Ends a training early, with its model as it is then. */
  readonly finishSignal?: AbortSignal | undefined;
  readonly onEvent?: (event: ComputeTasks[Name]['event']) => void;
}

/** Throws `Interrupted` when `signal` asked to stop, `TaskFailed` for an expected failure, a plain Error for a bug. */
export async function runTask<Name extends TaskName>(
  name: Name,
  request: ComputeTasks[Name]['request'],
  { signal, finishSignal, onEvent }: TaskOptions<Name> = {},
): Promise<ComputeTasks[Name]['result']> {
  if (signal?.aborted) throw new Interrupted();
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const start: TaskStart<Name> = { name, request, stop };
  const worker = new Worker(builtEntry('compute-worker'), { workerData: start });
  const askToStop = () => Atomics.store(stop, 0, STOP.stop);
  // Who asks for both wants it to stop.
  const askToFinish = () => Atomics.compareExchange(stop, 0, STOP.goOn, STOP.finish);
  signal?.addEventListener('abort', askToStop, { once: true });
  finishSignal?.addEventListener('abort', askToFinish, { once: true });
  if (finishSignal?.aborted) askToFinish();
  try {
    return await new Promise((resolve, reject) => {
      let outcome: (() => void) | undefined;
      worker.on('message', (message: TaskMessage<Name>) => {
        try {
          if (message.kind === 'event') onEvent?.(message.event);
          else if (message.kind === 'finished') outcome = () => resolve(message.result);
          else outcome = () => reject(errorOf(message.failure));
        } catch (error) {
          askToStop();
          outcome = () => reject(error);
        }
      });
      worker.on('error', (error) => reject(asSystemFailure(error)));
      worker.on('exit', (code) => {
        if (outcome) outcome();
        else reject(new Error(`the compute thread exited with code ${code} without reporting a result`));
      });
    });
  } finally {
    signal?.removeEventListener('abort', askToStop);
    finishSignal?.removeEventListener('abort', askToFinish);
  }
}
