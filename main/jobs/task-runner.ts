import { requireGoingOn } from '../failure.ts';

/**
 * Who does tasks of one kind: threads of this process, processes of their own, or a fleet of machines. Whoever has tasks need
 * not know which.
 */
export interface TaskRunner<Request, Result> {
  readonly form: 'thread' | 'process' | 'fleet';
  /** How many tasks it can have at once; more wait inside it. */
  readonly lanes: number;
  /** Throws `Interrupted` when `signal` asked to stop, and what the task failed with. */
  run(request: Request, options: RunnerOptions): Promise<Result>;
  close(): Promise<void>;
}

export interface RunnerOptions {
  readonly signal: AbortSignal;
  /** So many of its parts are done. */
  readonly progress: (done: number) => void;
}

/** Gives each of the tasks to the runner, as many at once as it has lanes. The first failure stops the rest, and is thrown. */
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
