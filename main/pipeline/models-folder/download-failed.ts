import { ExpectedFailure } from '../../failure.ts';

/** A download failed; what was received is kept if it can be resumed. */
export class DownloadFailed extends ExpectedFailure {}
