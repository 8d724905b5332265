import { visible } from './visible.ts';

/**
 * A failure the user can act on. `message` is one sentence: what is wrong and what to do about it. Rooms define their
 * own subclasses (`ProjectInUse`, `FolderMissing`, …). Every other error is a bug and is shown as one, with its stack.
 * Control characters in names from outside are escaped when the message is printed.
 */
export class ExpectedFailure extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(visible(message), options);
    this.name = new.target.name;
  }
}

/** The request itself is wrong: an unknown option, a value out of range (exit code 2 on the command line). */
export class WrongUsage extends ExpectedFailure {}

/** The user or the system asked the work to stop; what was done is kept (exit code 130 on the command line). */
export class Interrupted extends ExpectedFailure {
  constructor(message = 'Stopped as asked; run the same command again to continue.') {
    super(message);
  }
}

/** Throws `Interrupted` if the work has been asked to stop. */
export function requireGoingOn(signal: AbortSignal): void {
  if (signal.aborted) throw new Interrupted();
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
