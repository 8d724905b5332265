/** The command line: the headless twin of the workbench. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted. */
import { CommanderError } from 'commander';
import { ExpectedFailure, Interrupted, messageOf, WrongUsage } from '../failure.ts';
import { visible } from '../visible.ts';
import { commandLine } from './command-line.ts';

const EXIT = { failed: 1, wrongUsage: 2, interrupted: 130 } as const;

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // The first signal asks the work to stop at its next checkpoint; a second one ends the process at once.
  process.once(signal, () => {
    process.stderr.write(
      '\nStopping at the next checkpoint; press again to stop at once (nothing that is saved is lost).\n',
    );
    stop.abort();
    process.once(signal, () => process.exit(EXIT.interrupted));
  });
}
// A reader that has seen enough (`… | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  await commandLine(stop.signal).parseAsync(process.argv);
} catch (error) {
  process.exitCode = report(error);
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.wrongUsage;
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
