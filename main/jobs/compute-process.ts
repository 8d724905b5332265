/**
 * The entry of a process that computes: does one task after another, each on a thread of its own, as `runTask` does. What aborts
 * it, such as the driver of a device, takes nobody else with it. It ends when whoever started it does.
 */
import type { ProcessOrder } from './compute-protocol.ts';
import { runTask } from './run-task.ts';
import { failureOf } from './task-failure.ts';

let stop = new AbortController();

process.on('message', async (order: ProcessOrder) => {
  if (order === 'end') return process.disconnect();
  if (order === 'stop') return stop.abort();
  stop = new AbortController();
  const { name, request } = order;
  try {
    const onEvent = (event: unknown) => process.send?.({ kind: 'event', event });
    const result = await runTask(name, request, { signal: stop.signal, onEvent });
    process.send?.({ kind: 'finished', result });
  } catch (error) {
    process.send?.({ kind: 'failed', failure: failureOf(error) });
  }
});
process.on('disconnect', () => stop.abort());
// Ctrl+C reaches all processes of a terminal; the one that has the project asks this one to stop.
process.on('SIGINT', () => {});
