/**
 * How a compute process is started: forked as Node, unless the host cannot start itself as Node and provides another
 * way. Messages in both directions are structured clones.
 */
import { fork } from 'node:child_process';
import type { ProcessOrder, TaskMessage } from './compute-protocol.ts';

export interface StartedProcess {
  send(order: ProcessOrder): void;
  /** `exited` is called once, with the outcome; nothing follows it. */
  listen(listeners: ProcessListeners | undefined): void;
  /** Whether it keeps the parent process alive; not needed while nobody waits for it. */
  hold(held: boolean): void;
  kill(): void;
}

export interface ProcessListeners {
  message(message: TaskMessage): void;
  exited(how: string): void;
}

export type StartProcess = (entry: string) => StartedProcess;

let current: StartProcess = forked;

/** Set for the whole process, which has only one host. */
export function startProcessesBy(start: StartProcess): void {
  current = start;
}

export const startProcess: StartProcess = (entry) => current(entry);

function forked(entry: string): StartedProcess {
  const child = fork(entry, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  let [listeners, how]: [ProcessListeners | undefined, string | undefined] = [undefined, undefined];
  const ended = (said: string) => {
    how ??= said;
    listeners?.exited(how);
  };
  child.on('message', (message: TaskMessage) => listeners?.message(message));
  child.on('error', (error) => ended(`before it began (${error.message})`));
  child.on('exit', (code, killedBy) => ended(killedBy === null ? `with code ${code}` : `by ${killedBy}`));
  return {
    send(order) {
      if (child.connected) child.send(order);
    },
    listen(given) {
      listeners = given;
      if (how !== undefined) given?.exited(how);
    },
    hold(held) {
      for (const handle of [child, child.channel]) held ? handle?.ref() : handle?.unref();
    },
    kill: () => void child.kill('SIGKILL'),
  };
}
