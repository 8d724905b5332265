/**
 * How a process that computes is started: forked as Node, unless the host cannot start itself as Node and brings another way.
 * Messages are structured clones both ways.
 */
import { fork } from 'node:child_process';
import type { ProcessOrder, TaskMessage } from './compute-protocol.ts';

export interface StartedProcess {
  send(order: ProcessOrder): void;
  /** `exited` comes once, with how it ended; nothing comes after it. */
  listen(listeners: ProcessListeners | undefined): void;
  /** While nobody waits for it, it keeps nobody from ending. */
  hold(held: boolean): void;
  kill(): void;
}

export interface ProcessListeners {
  message(message: TaskMessage): void;
  exited(how: string): void;
}

export type StartProcess = (entry: string) => StartedProcess;

let current: StartProcess = forked;

/** For the whole process: there is one host in it. */
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
