import { visible } from './visible.ts';

/**
 * Failures a person can act on. `message` is one sentence: what is wrong and what to do about it.
 * Rooms define their own subclasses (`ProjectInUse`, `FolderMissing`, …). Every other error is a bug and is shown as one,
 * with its stack. Names from outside are written out in it where they would break its line.
 */
export class ExpectedFailure extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(visible(message), options);
    this.name = new.target.name;
  }
}

/** The request itself is wrong: an unknown option, a value out of range (exit code 2 on the command line). */
export class WrongUsage extends ExpectedFailure {}

/** The person or the system asked the work to stop; what was done is kept (exit code 130 on the command line). */
export class Interrupted extends ExpectedFailure {
  constructor(message = 'Stopped as asked; run the same command again to continue.') {
    super(message);
  }
}

/** Throws `Interrupted` once the work was asked to stop. */
export function requireGoingOn(signal: AbortSignal): void {
  if (signal.aborted) throw new Interrupted();
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
