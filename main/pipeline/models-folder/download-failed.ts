import { ExpectedFailure } from '../../failure.ts';

/** A file did not come from its address; what came of it is kept where it can go on. */
export class DownloadFailed extends ExpectedFailure {}
