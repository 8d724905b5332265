/**
 * Runs compute tasks on worker threads, one at a time on each. Cancellation is cooperative: terminating a thread during
 * a step of the native runtime aborts the whole process, so the thread is asked to stop and ends its task by itself. A
 * thread whose task succeeded waits a moment for the next one, since starting a thread costs more than many tasks; it
 * does not keep the process alive.
 */
import { Worker } from 'node:worker_threads';
import { at } from '../at.ts';
import { Interrupted } from '../failure.ts';
import { asSystemFailure } from '../system-failure.ts';
import { builtEntry } from './built-entry.ts';
import {
  type ComputeTasks,
  STOP,
  type TaskMessage,
  type TaskName,
  type TaskOptions,
  type TaskOrder,
  type TaskStart,
} from './compute-protocol.ts';
import { errorOf } from './task-failure.ts';

/**
 * How long a thread waits for another task: stages follow each other immediately, and an idle workbench keeps no
 * threads.
 */
const IDLE_MS = 5_000;

/** Throws `Interrupted` if `signal` aborted, `TaskFailed` for an expected failure, a plain Error for a bug. */
export async function runOnThread<Name extends TaskName>(
  name: Name,
  request: ComputeTasks[Name]['request'],
  { signal, onEvent }: TaskOptions<Name> = {},
): Promise<ComputeTasks[Name]['result']> {
  if (signal?.aborted) throw new Interrupted();
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const worker = idleThread() ?? new Worker(builtEntry('compute-worker'), { workerData: { givesWay } });
  const askToStop = () => Atomics.store(stop, 0, STOP.stop);
  signal?.addEventListener('abort', askToStop, { once: true });
  try {
    const result = await new Promise<ComputeTasks[Name]['result']>((resolve, reject) => {
      let failure: Error | undefined;
      worker.on('message', (message: TaskMessage<Name>) => {
        try {
          if (message.kind === 'event') onEvent?.(message.event);
          else if (message.kind === 'failed') failure ??= errorOf(message.failure);
          else if (failure === undefined) resolve(message.result);
          if (message.kind !== 'event' && failure !== undefined) end(worker);
        } catch (error) {
          askToStop();
          failure ??= error as Error;
        }
      });
      worker.on('error', (error) => reject(asSystemFailure(error)));
      worker.on('exit', (code) =>
        reject(failure ?? new Error(`the compute thread exited with code ${code} without reporting a result`)),
      );
      worker.postMessage({ name, request, stop } satisfies TaskStart<Name>);
    });
    keep(worker);
    return result;
  } finally {
    signal?.removeEventListener('abort', askToStop);
  }
}

let givesWay = false;

/** From now on, this process's computations yield to its answering of requests. */
export function answersFirst(): void {
  givesWay = true;
  for (const { worker } of [...idle]) end(worker);
}

interface IdleThread {
  readonly worker: Worker;
  readonly until: NodeJS.Timeout;
}

const idle: IdleThread[] = [];

function idleThread(): Worker | undefined {
  const found = idle.pop();
  if (!found) return undefined;
  clearTimeout(found.until);
  leave(found.worker);
  found.worker.ref();
  return found.worker;
}

function keep(worker: Worker): void {
  leave(worker);
  const until = setTimeout(() => end(worker), IDLE_MS).unref();
  worker.on('exit', () => forget(worker));
  worker.on('error', () => forget(worker));
  worker.unref();
  idle.push({ worker, until });
}

function end(worker: Worker): void {
  forget(worker);
  worker.postMessage(null satisfies TaskOrder);
}

function forget(worker: Worker): void {
  const place = idle.findIndex((thread) => thread.worker === worker);
  if (place >= 0) clearTimeout(at(idle.splice(place, 1), 0).until);
}

/** Removes listeners by event name: a worker has internal listeners, which keep its messages flowing. */
function leave(worker: Worker): void {
  for (const name of ['message', 'error', 'exit']) worker.removeAllListeners(name);
}
