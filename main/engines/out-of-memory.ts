import { ExpectedFailure } from '../failure.ts';

/** The device has no room for a program or for one run of it; what was computed before is untouched. */
export class OutOfMemory extends ExpectedFailure {}
