/**
 * Runs one command of a GPU check and collects what it writes. It is stopped together with the processes it has started,
 * which would otherwise keep the card.
 */
import { spawn } from 'node:child_process';
import { messageOf } from '../failure.ts';

export interface Ran {
  /** What it wrote to stdout, also if it failed. */
  readonly output: string;
  /** Why it did not succeed: its last line of errors, or what stopped it. */
  readonly failure?: string;
}

export interface Run {
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly limitS: number;
}

const MOST_OUTPUT_CHARACTERS = 64 * 1024 ** 2;
const MOST_REASON_CHARACTERS = 500;
/** Windows has no process groups: a command is stopped alone there. */
const GROUPS = process.platform !== 'win32';

/** Never rejects. */
export function runStep({ command, environment, limitS }: Run, signal: AbortSignal): Promise<Ran> {
  const [file = '', ...args] = command;
  return new Promise((settle) => {
    const env = { ...process.env, ...environment };
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: GROUPS, env });
    const written = { stdout: '', stderr: '' };
    let stopped: string | undefined;
    const stop = (why: string) => {
      stopped ??= why;
      if (child.pid === undefined) return;
      try {
        process.kill(GROUPS ? -child.pid : child.pid, 'SIGKILL');
      } catch {
        // It has ended meanwhile.
      }
    };
    const interrupted = () => stop('stopped');
    const timer = setTimeout(() => stop(`not done within ${Math.round(limitS)} s`), limitS * 1000);
    signal.addEventListener('abort', interrupted, { once: true });
    if (signal.aborted) interrupted();
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        written[name] += text;
        if (written[name].length > MOST_OUTPUT_CHARACTERS) stop('it wrote more than 64 MiB');
      });
    }
    const end = (failure?: string) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', interrupted);
      settle({ output: written.stdout, ...(failure === undefined ? {} : { failure }) });
    };
    child.on('error', (error) => end(messageOf(error)));
    child.on('close', (code, killedBy) => {
      if (stopped !== undefined) return end(stopped);
      if (code === 0) return end();
      const last = written.stderr.trim().split('\n').at(-1) ?? '';
      end((last || endedText(code, killedBy)).slice(0, MOST_REASON_CHARACTERS));
    });
  });
}

function endedText(code: number | null, killedBy: NodeJS.Signals | null): string {
  return killedBy === null ? `exited with code ${code}` : `ended by ${killedBy}`;
}
