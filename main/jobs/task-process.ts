/** Does compute tasks in a process of its own, one at a time: what `runTask` does on a thread, where a driver may abort. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ExpectedFailure, Interrupted } from '../failure.ts';
import { builtEntry } from './built-entry.ts';
import type { ComputeTasks, ProcessOrder, TaskMessage, TaskName } from './compute-protocol.ts';
import type { RunTask, TaskOptions } from './run-task.ts';
import { errorOf } from './task-failure.ts';

/** The process ended amid its task; nobody else is harmed. */
export class TaskProcessEnded extends ExpectedFailure {}

export class TaskProcess {
  #process: ChildProcess | undefined;

  /** As `runTask`, and throws `TaskProcessEnded`. The next task begins another process. */
  readonly run: RunTask = async <Name extends TaskName>(
    name: Name,
    request: ComputeTasks[Name]['request'],
    { signal, onEvent }: TaskOptions<Name> = {},
  ): Promise<ComputeTasks[Name]['result']> => {
    if (signal?.aborted) throw new Interrupted();
    const child = this.#started();
    const tell = (order: ProcessOrder) => child.connected && child.send(order);
    const askToStop = () => tell('stop');
    signal?.addEventListener('abort', askToStop, { once: true });
    try {
      return await new Promise<ComputeTasks[Name]['result']>((resolve, reject) => {
        let failure: Error | undefined;
        child.on('message', (message: TaskMessage<Name>) => {
          if (message.kind === 'finished') return failure ? reject(failure) : resolve(message.result);
          if (message.kind === 'failed') return reject(failure ?? errorOf(message.failure));
          if (failure) return;
          try {
            onEvent?.(message.event);
          } catch (error) {
            askToStop();
            failure = error as Error;
          }
        });
        child.on('error', reject);
        child.on('exit', (code, killedBy) => {
          const how = killedBy === null ? `with code ${code}` : `by ${killedBy}`;
          reject(new TaskProcessEnded(`The process that computes ended ${how}: its device's driver may have failed.`));
        });
        tell({ name, request });
      });
    } finally {
      signal?.removeEventListener('abort', askToStop);
      for (const event of ['message', 'error', 'exit']) child.removeAllListeners(event);
      if (child.exitCode !== null || child.signalCode !== null) this.#process = undefined;
    }
  };

  close(): void {
    if (this.#process?.connected) this.#process.send('end' satisfies ProcessOrder);
    this.#process = undefined;
  }

  #started(): ChildProcess {
    this.#process ??= fork(fileURLToPath(builtEntry('compute-process')), {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    return this.#process;
  }
}
