/** Failures that belong to no single desk. */
import { ExpectedFailure } from '../failure.ts';

/** What was asked for by id or path is not there. */
export class NotFound extends ExpectedFailure {}

/** What was asked for lies where nothing answers now: a disk, a share. It may be there when it is asked for again. */
export class AwayNow extends ExpectedFailure {}

/** The workbench is closing: nothing new begins. */
export class Closing extends ExpectedFailure {
  constructor() {
    super('Understudy is ending: start it again, and unfinished work can be resumed.');
  }
}
