/** Entry of a thread that makes training batches: one per order, until there are no more orders. */
import { parentPort, workerData } from 'node:worker_threads';
import { BatchSource, emptyBatch } from '../training/batch-source.ts';
import type { TrainRequest } from '../training/train-request.ts';
import { type BatchMade, type BatchOrder, memoryOf } from './batch-protocol.ts';
import { failureOf } from './task-failure.ts';

const request = workerData as TrainRequest;
let source: BatchSource | undefined;

parentPort?.on('message', (order: BatchOrder) => {
  if (order === null) {
    source?.close();
    parentPort?.close();
    return;
  }
  try {
    source ??= new BatchSource(request);
    const { step, batch = emptyBatch(request) } = order;
    source.fill(step, batch);
    answer({ kind: 'made', step, batch }, memoryOf(batch));
  } catch (error) {
    answer({ kind: 'failed', failure: failureOf(error) });
  }
});

function answer(made: BatchMade, moved: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(made, moved);
}
