/** Failures of a device that the user, or the calling code, can do something about. */
import { ExpectedFailure } from '../failure.ts';

/** The device has no room for a program or for one run of it; earlier results are unaffected. */
export class OutOfMemory extends ExpectedFailure {}

/** There is no such device on this computer, or its driver denies access to it. */
export class DeviceAbsent extends ExpectedFailure {}
