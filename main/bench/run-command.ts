/** Runs one of this room's commands: what a person can act on is a sentence and exit 1, anything else a bug with its stack. */
import type { Command } from 'commander';
import { ExpectedFailure } from '../failure.ts';

export async function runCommand(command: Command): Promise<void> {
  try {
    await command.parseAsync(process.argv);
  } catch (error) {
    if (!(error instanceof ExpectedFailure)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
