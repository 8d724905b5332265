/**
 * Entry of a compute thread: does the tasks it is given, one after another. When asked to, it ends between two tasks.
 */
import { availableParallelism } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { engineOf, traitsOf } from '../engines/engines.ts';
import { Interrupted } from '../failure.ts';
import { copiesAmong } from '../images/copies.ts';
import { repeatsAmong } from '../images/repeats.ts';
import { measureRanges } from '../training/activation-ranges.ts';
import { type BatchStream, batchesHere } from '../training/batch-source.ts';
import { embed } from '../training/embed.ts';
import { askHead, trainHead } from '../training/feature-classifier.ts';
import { KeptSession } from '../training/kept-session.ts';
import { learnFamiliar } from '../training/learn-familiar.ts';
import { lookAtFiles } from '../training/look-at-files.ts';
import { nearCopies } from '../training/near-copies.ts';
import { type PredictHost, predict } from '../training/predict.ts';
import { seeFiles } from '../training/see-files.ts';
import { spread } from '../training/spread.ts';
import { train } from '../training/train.ts';
import type { ComputeTarget, TrainRequest } from '../training/train-request.ts';
import { tryWorks } from '../training/trial.ts';
import { batchesOnThreads } from './batch-threads.ts';
import {
  type ComputeTasks,
  STOP,
  type TaskMessage,
  type TaskName,
  type TaskOrder,
  type TaskStart,
} from './compute-protocol.ts';
import { giveWay } from './give-way.ts';
import { failureOf } from './task-failure.ts';

/** No device benefits from more. */
const MOST_BATCH_THREADS = 8;

/** The session of the last prediction. */
const kept = new KeptSession();

interface TaskHost<Name extends TaskName> {
  shouldStop(): boolean;
  send(event: ComputeTasks[Name]['event'], transfer?: readonly ArrayBuffer[]): void;
}

type TaskTable = {
  readonly [Name in TaskName]: (
    request: ComputeTasks[Name]['request'],
    host: TaskHost<Name>,
  ) => Promise<ComputeTasks[Name]['result']>;
};

const tasks: TaskTable = {
  train: async (request, host) =>
    train(request, engineOf(request.target.device), {
      shouldStop: host.shouldStop,
      progressed: (event) => host.send(event),
      openBatches,
    }),
  predict: async (request, host) => predict(request, engineOf(request.target.device), { ...scoring(host), kept }),
  learnFamiliar: async (request, host) =>
    learnFamiliar(request, engineOf(request.target.device), {
      shouldStop: host.shouldStop,
      progressed: (done) => host.send(done),
    }),
  measureRanges: async (request, host) => measureRanges(request, engineOf(request.target.device), host),
  embed: (request, host) => embed(request, { shouldStop: host.shouldStop, progressed: (event) => host.send(event) }),
  trial: async (request, host) => tryWorks(request, engineOf(request.target.device), host),
  trainHead: async (request, host) => trainHead(inFloat32(request), await engineOf(request.target.device), host),
  askHead: async (request, host) => askHead(inFloat32(request), await engineOf(request.target.device), scoring(host)),
  seeFiles: (request) => seeFiles(request),
  nearCopies: async (request, host) => nearCopies(inFloat32(request), await engineOf(request.target.device), host),
  copies: async (request, host) => copiesAmong(request, told(host)),
  repeats: async ({ images, guards }, host) => repeatsAmong(images, guards, () => requireNotStopped(host)),
  spread: async (request, host) => spread(inFloat32(request), await engineOf(request.target.device), host),
  lookAtFiles: async (request, host) =>
    lookAtFiles(inFloat32(request), await engineOf(request.target.device), scoring(host)),
};

/** Tells each percent, and throws `Interrupted` when it is to stop. */
function told(host: TaskHost<'copies'>): (share: number) => void {
  let next = 0;
  return (share) => {
    requireNotStopped(host);
    if (share < next) return;
    next = share + 0.01;
    host.send({ share });
  };
}

function requireNotStopped(host: { shouldStop(): boolean }): void {
  if (host.shouldStop()) throw new Interrupted();
}

/** Computations over features gain nothing from lower precision. */
function inFloat32<Request extends { readonly target: ComputeTarget }>(request: Request): Request {
  return { ...request, target: { ...request.target, precision: undefined } };
}

/** A batch's probabilities are transferred, not copied. */
function scoring(host: Pick<TaskHost<'predict'>, 'shouldStop' | 'send'>): PredictHost {
  return {
    shouldStop: host.shouldStop,
    scored: (batch) => host.send(batch, [batch.probabilities.buffer as ArrayBuffer]),
  };
}

/** With a GPU the processor is otherwise idle; when the processor computes, it is not. */
function openBatches(request: TrainRequest): BatchStream {
  if (!traitsOf(request.target.device).keepsStateOnDevice) return batchesHere(request);
  return batchesOnThreads(request, Math.max(1, Math.min(MOST_BATCH_THREADS, availableParallelism() - 1)));
}

async function work({ name, request, stop }: TaskStart): Promise<TaskMessage> {
  const host: TaskHost<TaskName> = {
    shouldStop: () => Atomics.load(stop, 0) === STOP.stop,
    send: (event, transfer = []) => post({ kind: 'event', event }, transfer),
  };
  // The table's entry for a name takes that name's request; TypeScript cannot follow that through the union.
  const task = tasks[name] as TaskTable['train'] & TaskTable['predict'];
  try {
    if (name !== 'predict') await kept.release();
    return { kind: 'finished', result: await task(request as never, host) };
  } catch (error) {
    return { kind: 'failed', failure: failureOf(error) };
  }
}

function post(message: TaskMessage, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer);
}

if ((workerData as { readonly givesWay?: boolean } | null)?.givesWay) giveWay();

parentPort?.on('message', async (order: TaskOrder) => {
  if (order === null) {
    await kept.release();
    parentPort?.close();
  } else post(await work(order));
});
