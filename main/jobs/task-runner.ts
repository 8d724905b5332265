import { requireGoingOn } from '../failure.ts';

/**
 * Runs tasks of one kind: on threads of this process, in separate processes, or on a fleet of machines. Callers need
 * not know which.
 */
export interface TaskRunner<Request, Result> {
  readonly form: 'thread' | 'process' | 'fleet';
  /** How many tasks it runs at once; further ones wait inside it. */
  readonly lanes: number;
  /** Throws `Interrupted` if `signal` aborted, and the error with which the task failed. */
  run(request: Request, options: RunnerOptions): Promise<Result>;
  close(): Promise<void>;
}

export interface RunnerOptions {
  readonly signal: AbortSignal;
  /** Reports how many parts of the task are done. */
  readonly progress: (done: number) => void;
}

/** Passes all tasks to the runner, as many at once as it has lanes. The first failure stops the rest, and is thrown. */
export async function runAll<Request, Result>(
  runner: TaskRunner<Request, Result>,
  requests: readonly Request[],
  { signal, progress }: { readonly signal: AbortSignal; progress(request: Request, done: number): void },
  finished: (request: Request, result: Result) => void,
): Promise<void> {
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  let next = 0;
  let failure: unknown;
  const lane = async () => {
    while (next < requests.length && !stop.aborted) {
      const request = requests[next++] as Request;
      try {
        finished(request, await runner.run(request, { signal: stop, progress: (done) => progress(request, done) }));
      } catch (error) {
        if (!failed.signal.aborted) failure = error;
        failed.abort();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(runner.lanes, requests.length) }, lane));
  if (failed.signal.aborted) throw failure;
  requireGoingOn(signal);
}
