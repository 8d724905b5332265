/**
 * Tasks that any machine may take: each an id and a little data, in a BullMQ queue on Redis. Redis holds nothing that
 * must not be lost. Whether a task is done is determined by its output, so the process waiting for tasks re-adds those
 * that are neither done nor queued: after a restart of Redis, or after the loss of a machine. How long a machine may be
 * silent is measured by Redis's clock alone: locks are keys that expire there, renewed by timers that are independent
 * of a machine's date.
 *
 * The packages are loaded only by the commands that need them.
 */
import type { Job, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { ExpectedFailure, Interrupted, messageOf } from '../failure.ts';
import { shownAddress } from './fleet-address.ts';
import type { RunnerOptions, TaskRunner } from './task-runner.ts';

const QUEUE = 'understudy';
/** A task fails after this many failed attempts. */
const ATTEMPTS = 3;
const LOOK_EVERY_MS = 1000;
const CONNECT_MS = 5000;
/** Tasks queued at once; the others wait here. */
const MOST_TASKS = 512;
const NOBODY_AFTER_LOOKS = 5;

export class FleetUnreachable extends ExpectedFailure {}
/** The task failed on every machine that tried. */
export class FleetTaskFailed extends ExpectedFailure {}
/** This machine cannot do such tasks, though others may. */
export class WorkerUnfit extends ExpectedFailure {}

/** Plain data. `id` is unique among all tasks, and contains no colon. */
export interface FleetTask {
  readonly id: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Whether its output exists. */
  isDone(): Promise<boolean>;
}

interface Pending {
  readonly task: FleetTask;
  readonly progress: RunnerOptions['progress'];
  resolve(): void;
  reject(error: unknown): void;
}

/** Throws `FleetUnreachable`. `note` receives messages for the user while there is no progress. */
export async function openFleet(url: URL, note: (sentence: string) => void): Promise<TaskRunner<FleetTask, void>> {
  const redis = await connect(url);
  const { Queue: OpenQueue } = await import('./fleet-packages.ts');
  const queue = new OpenQueue(QUEUE, { connection: redis });
  queue.on('error', () => {});
  await queue.waitUntilReady();
  return new Fleet(queue, redis, note, shownAddress(url));
}

class Fleet implements TaskRunner<FleetTask, void> {
  readonly form = 'fleet';
  readonly lanes = MOST_TASKS;
  readonly #queue: Queue;
  readonly #redis: Redis;
  readonly #note: (sentence: string) => void;
  readonly #address: string;
  readonly #pending = new Map<string, Pending>();
  /** Ids of tasks that may be in the queue. */
  readonly #put = new Set<string>();
  #looking: NodeJS.Timeout | undefined;
  #looksAtNobody = 0;

  constructor(queue: Queue, redis: Redis, note: (sentence: string) => void, address: string) {
    this.#queue = queue;
    this.#redis = redis;
    this.#note = note;
    this.#address = address;
  }

  async run(task: FleetTask, { signal, progress }: RunnerOptions): Promise<void> {
    if (signal.aborted) throw new Interrupted();
    const stop = () => this.#pending.get(task.id)?.reject(new Interrupted());
    try {
      await new Promise<void>((resolve, reject) => {
        this.#pending.set(task.id, { task, progress, resolve, reject });
        signal.addEventListener('abort', stop, { once: true });
        this.#looking ??= setTimeout(() => void this.#look(), 0);
      });
    } finally {
      signal.removeEventListener('abort', stop);
      this.#pending.delete(task.id);
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#looking);
    this.#looking = undefined;
    // Unfinished tasks are withdrawn; if Redis is unreachable, there is nothing to withdraw.
    const withdrawn = Promise.all([...this.#put].map(async (id) => await this.#queue.remove(id).catch(() => 0)));
    await within(CONNECT_MS, withdrawn).catch(() => {});
    await within(CONNECT_MS, this.#queue.close()).catch(() => {});
    this.#redis.disconnect();
  }

  async #look(): Promise<void> {
    try {
      for (const { task, resolve } of [...this.#pending.values()]) {
        if (!(await task.isDone())) continue;
        this.#put.delete(task.id);
        resolve();
      }
      const pending = [...this.#pending.values()];
      if (pending.length > 0 && this.#redis.status === 'ready') await this.#follow(pending);
    } catch (error) {
      for (const { reject } of this.#pending.values()) reject(error);
    }
    this.#looking = this.#pending.size === 0 ? undefined : setTimeout(() => void this.#look(), LOOK_EVERY_MS);
  }

  async #follow(pending: readonly Pending[]): Promise<void> {
    try {
      const [failed, active] = await Promise.all([this.#queue.getFailed(), this.#queue.getActive()]);
      for (const job of known(failed)) {
        const own = this.#pending.get(job.id ?? '');
        if (!own) continue;
        // Removed, so that another request for it is tried again.
        await job.remove().catch(() => {});
        own.reject(new FleetTaskFailed(job.failedReason));
      }
      for (const job of known(active)) {
        if (typeof job.progress === 'number') this.#pending.get(job.id ?? '')?.progress(job.progress);
      }
      const open = pending.filter(({ task }) => this.#pending.has(task.id));
      for (const { task } of open) this.#put.add(task.id);
      // Existing jobs are left unchanged.
      await this.#queue.addBulk(
        open.map(({ task: { id, data } }) => ({
          name: 'task',
          data,
          opts: { jobId: id, attempts: ATTEMPTS, removeOnComplete: true },
        })),
      );
      const nobody = known(active).length === 0 && (await this.#queue.getWorkersCount()) === 0;
      this.#looksAtNobody = nobody ? this.#looksAtNobody + 1 : 0;
      if (this.#looksAtNobody === NOBODY_AFTER_LOOKS)
        this.#note(`No worker is connected: start some with “understudy worker ${this.#address}”.`);
    } catch (error) {
      // If Redis is unreachable, work continues; whatever it forgot is added again.
      if (this.#redis.status === 'ready' && !isLost(error)) throw error;
    }
  }
}

export interface FleetWork {
  /** How many tasks it does at once. */
  readonly lanes: number;
  /** After this time without a sign of this machine, another takes over its tasks. */
  readonly silentMs: number;
  /** Called once it waits for tasks. */
  ready(): void;
  /** Throws `WorkerUnfit` if another machine may be able to do it: this one then stops. */
  work(data: unknown, options: RunnerOptions): Promise<void>;
}

/** Takes tasks until it is asked to stop. Throws `FleetUnreachable`, `WorkerUnfit` and `Interrupted`. */
export async function serveFleet(
  url: URL,
  { lanes, silentMs, ready, work }: FleetWork,
  signal: AbortSignal,
): Promise<never> {
  const redis = await connect(url);
  const { Worker: OpenWorker, WaitingError } = await import('./fleet-packages.ts');
  const stop = new AbortController();
  const ended = AbortSignal.any([signal, stop.signal]);
  let unfit: WorkerUnfit | undefined;
  const worker: Worker = new OpenWorker(
    QUEUE,
    async (job: Job, token = '') => {
      const renewing = setInterval(() => void job.extendLock(token, silentMs).catch(() => {}), silentMs / 3);
      const progress = spaced(LOOK_EVERY_MS, (done) => void job.updateProgress(done).catch(() => {}));
      try {
        await work(job.data, { signal: ended, progress });
      } catch (error) {
        if (error instanceof WorkerUnfit) unfit ??= error;
        else if (!ended.aborted) throw error;
        stop.abort();
        await job.moveToWait(token).catch(() => {});
        throw new WaitingError();
      } finally {
        clearInterval(renewing);
      }
    },
    {
      connection: redis,
      concurrency: lanes,
      lockDuration: silentMs,
      stalledInterval: silentMs,
      // A task is retried however many machines are lost while doing it.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      skipLockRenewal: true,
      runRetryDelay: LOOK_EVERY_MS,
      autorun: false,
    },
  );
  worker.on('error', () => {});
  const running = worker.run();
  ready();
  running.catch(() => stop.abort());
  await aborted(ended);
  await within(CONNECT_MS, worker.close()).catch(() => worker.close(true));
  redis.disconnect();
  if (unfit) throw unfit;
  if (!signal.aborted) await running;
  throw new Interrupted('Stopped as asked; others take over what was not finished.');
}

async function connect(url: URL): Promise<Redis> {
  const { Redis: OpenRedis } = await import('./fleet-packages.ts');
  let answered = false;
  const redis = new OpenRedis(url.href, {
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    maxRetriesPerRequest: null,
    retryStrategy: (times) => (answered ? Math.min(200 * times, 2000) : null),
  });
  let why = 'it does not answer';
  redis.on('error', (error) => {
    why = messageOf(error);
  });
  try {
    await redis.connect();
    await redis.ping();
    answered = true;
    return redis;
  } catch (error) {
    redis.disconnect();
    const said = why === 'it does not answer' ? messageOf(error) : why;
    throw new FleetUnreachable(
      `Redis cannot be reached at ${shownAddress(url)} (${said}): start it there, or check the address and the network.`,
      { cause: error },
    );
  }
}

/** Leaves out jobs that disappeared between listing and reading. */
function known(jobs: readonly (Job | undefined)[]): Job[] {
  return jobs.filter((job) => job !== undefined);
}

function isLost(error: unknown): boolean {
  return /ECONN|EPIPE|Connection is closed|LOADING|closed/i.test(messageOf(error));
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** Rejects after the given time; the operation itself continues. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it takes too long')), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Passes on the first call, and later ones at least this far apart. */
function spaced(ms: number, tell: (done: number) => void): (done: number) => void {
  let lastMs = Number.NEGATIVE_INFINITY;
  return (done) => {
    const now = performance.now();
    if (now - lastMs < ms) return;
    lastMs = now;
    tell(done);
  };
}
