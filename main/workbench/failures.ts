/** Failures that are not specific to one desk. */
import { ExpectedFailure } from '../failure.ts';

/** The id or path that was requested does not exist. */
export class NotFound extends ExpectedFailure {}

/** What was requested is in a place that does not answer now: a disk, a network share. A later request may succeed. */
export class AwayNow extends ExpectedFailure {}

/** The workbench is closing: no new work starts. */
export class Closing extends ExpectedFailure {
  constructor() {
    super('Understudy is shutting down: start it again, and unfinished work can be resumed.');
  }
}
