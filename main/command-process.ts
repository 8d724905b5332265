/**
 * The process shell common to all commands: Ctrl+C asks the work to stop, failures are printed as one sentence, and the
 * exit codes are 0 done, 1 failed, 2 wrong usage, 130 interrupted.
 */
import { ExpectedFailure, Interrupted, messageOf, WrongUsage } from './failure.ts';
import { asSystemFailure } from './system-failure.ts';
import { turnTelemetryOff } from './telemetry-off.ts';
import { visible } from './visible.ts';

export const EXIT = { done: 0, failed: 1, wrongUsage: 2, interrupted: 130 } as const;

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** Most work stops sooner, and then no notice is needed. */
const NOTICE_AFTER_MS = 1000;
const SHOW_CURSOR = '\u001b[?25h';

/** Does the command's work. `signal` aborts when it is asked to stop, or when its output is no longer read. */
export type Command = (signal: AbortSignal) => Promise<unknown>;

/**
 * Runs a command through to its exit code. `load` imports what the command needs, so that Ctrl+C is already handled
 * meanwhile and a lack of memory or file descriptors is reported as a sentence.
 */
export async function runCommand(load: () => Promise<Command>): Promise<void> {
  turnTelemetryOff();
  const stop = new AbortController();
  const notice = noticeOnce();
  const endAtOnce = () => {
    // A normal exit waits for the step being computed; after a third request the system ends the process.
    for (const signal of SIGNALS) process.removeAllListeners(signal);
    if (process.stderr.isTTY) process.stderr.write(SHOW_CURSOR);
    process.exit(EXIT.interrupted);
  };
  const askToStop = () => {
    for (const signal of SIGNALS) process.off(signal, askToStop).once(signal, endAtOnce);
    notice.soon();
    stop.abort();
  };
  for (const signal of SIGNALS) process.on(signal, askToStop);
  let unread = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw asSystemFailure(error, 'the output');
    // A reader that has seen enough (… | head) is not an error.
    unread = true;
    stop.abort();
  });
  process.stderr.on('error', () => undefined);
  process.on('uncaughtException', (error) => process.exit(report(error)));
  try {
    const command = await Promise.race([load(), interruption(stop.signal)]);
    // Nothing has begun: do not wait for modules that are still loading.
    if (command === undefined) process.exit(unread ? EXIT.done : report(new Interrupted()));
    await command(stop.signal);
    process.exitCode ??= EXIT.done;
  } catch (error) {
    const interrupted = isInterruption(error, stop.signal);
    process.exitCode = unread && interrupted ? EXIT.done : report(interrupted ? asInterrupted(error) : error);
  } finally {
    notice.cancel();
    for (const signal of SIGNALS) process.off(signal, askToStop);
  }
}

/** Resolves when the signal aborts. */
async function interruption(signal: AbortSignal): Promise<undefined> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function noticeOnce() {
  let timer: NodeJS.Timeout | undefined;
  const text = 'Stopping at the next checkpoint; press again to stop at once (nothing that is saved is lost).\n';
  return {
    soon: () => {
      // Start a new line after the ^C that the terminal shows.
      if (process.stderr.isTTY) process.stderr.write('\n');
      timer = setTimeout(() => process.stderr.write(text), NOTICE_AFTER_MS).unref();
    },
    cancel: () => clearTimeout(timer),
  };
}

function isInterruption(error: unknown, signal: AbortSignal): boolean {
  return error instanceof Interrupted || (signal.aborted && error instanceof Error && error.name === 'AbortError');
}

function asInterrupted(error: unknown): Interrupted {
  return error instanceof Interrupted ? error : new Interrupted();
}

/** Writes what went wrong, and returns the exit code. */
export function report(thrown: unknown): number {
  const usage = usageExit(thrown);
  if (usage !== undefined) return usage;
  const error = asSystemFailure(thrown);
  if (error instanceof ExpectedFailure) {
    process.stderr.write(`${visible(messageOf(error))}\n`);
    if (error instanceof Interrupted) return EXIT.interrupted;
    return error instanceof WrongUsage ? EXIT.wrongUsage : EXIT.failed;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(
    `This is a bug in Understudy; your project keeps everything up to its last checkpoint.\n${stack}\n`,
  );
  return EXIT.failed;
}

/**
 * The exit code of an error thrown by the argument parser, which has already printed its message. Recognised by shape,
 * since the parser may not even be loaded.
 */
function usageExit(error: unknown): number | undefined {
  const { code, exitCode } = error instanceof Error ? (error as { code?: unknown; exitCode?: unknown }) : {};
  if (typeof code !== 'string' || !code.startsWith('commander.')) return undefined;
  return exitCode === 0 ? EXIT.done : EXIT.wrongUsage;
}
