/**
 * Entry of a compute process: does one task after another, each on a thread of its own, like `runOnThread`. If
 * something aborts it, such as a device's driver, no other process is affected. It ends together with its parent. Its
 * channel is Node's, or Electron's if it is a utility process.
 */
import type { ProcessOrder, TaskMessage } from './compute-protocol.ts';
import { runOnThread } from './run-on-thread.ts';
import { failureOf } from './task-failure.ts';

interface UtilityPort {
  on(event: 'message', listener: (message: { readonly data: ProcessOrder }) => void): void;
  postMessage(message: TaskMessage): void;
}

const { parentPort } = process as { readonly parentPort?: UtilityPort };
const tell = (message: TaskMessage) => (parentPort ? parentPort.postMessage(message) : process.send?.(message));
let stop = new AbortController();

async function take(order: ProcessOrder): Promise<void> {
  if (order === 'end') return parentPort ? process.exit() : process.disconnect();
  if (order === 'stop') return stop.abort();
  stop = new AbortController();
  const { name, request } = order;
  try {
    const onEvent = (event: unknown) => tell({ kind: 'event', event } as TaskMessage);
    const result = await runOnThread(name, request, { signal: stop.signal, onEvent });
    tell({ kind: 'finished', result });
  } catch (error) {
    tell({ kind: 'failed', failure: failureOf(error) });
  }
}

if (parentPort) parentPort.on('message', ({ data }) => void take(data));
else process.on('message', (order: ProcessOrder) => void take(order));
process.on('disconnect', () => stop.abort());
// Ctrl+C reaches all processes of a terminal; the one that owns the project asks this one to stop.
process.on('SIGINT', () => {});
