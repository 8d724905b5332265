/**
 * Runs compute tasks in a separate process, one at a time: the equivalent of `runOnThread` for drivers that may abort.
 */
import { fileURLToPath } from 'node:url';
import { ExpectedFailure, Interrupted } from '../failure.ts';
import { builtEntry } from './built-entry.ts';
import type { ComputeTasks, RunTask, TaskMessage, TaskName, TaskOptions } from './compute-protocol.ts';
import { type StartedProcess, startProcess } from './process-starter.ts';
import { errorOf } from './task-failure.ts';

/** The process ended during its task, or lost its device; no other process is affected. */
export class TaskProcessEnded extends ExpectedFailure {}

/** The name of engine errors after which nothing works any more in the same process. */
const LOST = 'DriverFailed';

export class TaskProcess {
  #process: StartedProcess | undefined;

  /** As `runOnThread`, but may throw `TaskProcessEnded`. The next task starts another process. */
  readonly run: RunTask = async <Name extends TaskName>(
    name: Name,
    request: ComputeTasks[Name]['request'],
    { signal, onEvent }: TaskOptions<Name> = {},
  ): Promise<ComputeTasks[Name]['result']> => {
    if (signal?.aborted) throw new Interrupted();
    this.#process ??= startProcess(fileURLToPath(builtEntry('compute-process')));
    const child = this.#process;
    child.hold(true);
    const askToStop = () => child.send('stop');
    signal?.addEventListener('abort', askToStop, { once: true });
    try {
      return await new Promise<ComputeTasks[Name]['result']>((resolve, reject) => {
        let failure: Error | undefined;
        const take = (message: TaskMessage<Name>) => {
          if (message.kind === 'finished') return failure ? reject(failure) : resolve(message.result);
          if (message.kind === 'failed') return reject(failure ?? this.#errorOf(message));
          if (failure) return;
          try {
            onEvent?.(message.event);
          } catch (error) {
            askToStop();
            failure = error as Error;
          }
        };
        const exited = (how: string) => {
          this.#process = undefined;
          reject(new TaskProcessEnded(`The compute process ended ${how}: its device's driver may have failed.`));
        };
        child.listen({ message: (message) => take(message as TaskMessage<Name>), exited });
        child.send({ name, request });
      });
    } finally {
      signal?.removeEventListener('abort', askToStop);
      child.listen(undefined);
    }
  };

  /** Until the next task it does not keep the parent process alive. */
  rest(): void {
    this.#process?.hold(false);
  }

  close(): void {
    this.#process?.send('end');
    this.#process = undefined;
  }

  #errorOf({ failure }: Extract<TaskMessage, { kind: 'failed' }>): Error {
    if (failure.name !== LOST) return errorOf(failure);
    this.#process?.kill();
    this.#process = undefined;
    return new TaskProcessEnded(`The device's driver failed (${failure.message}).`);
  }
}
