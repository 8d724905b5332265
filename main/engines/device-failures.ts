/** What a device can fail by that a person, or whoever computes on it, can do something about. */
import { ExpectedFailure } from '../failure.ts';

/** The device has no room for a program or for one run of it; what was computed before is untouched. */
export class OutOfMemory extends ExpectedFailure {}

/** There is no such device on this computer, or its driver does not let anybody at it. */
export class DeviceAbsent extends ExpectedFailure {}
