/** Why a project cannot be made or opened, each in one sentence with what to do. */
import { ExpectedFailure } from '../failure.ts';
import { asSystemFailure, NotPermitted } from '../system-failure.ts';

export class ProjectExists extends ExpectedFailure {}
export class FolderNotEmpty extends ExpectedFailure {}
export class NotAProject extends ExpectedFailure {}
export class ProjectNewer extends ExpectedFailure {}
export class ProjectInUse extends ExpectedFailure {}
export class ProjectUnwritable extends ExpectedFailure {}

export function newer(directory: string, version: number, known: number): ProjectNewer {
  return new ProjectNewer(
    `The project ${directory} was made by a newer Understudy (format ${version}, this one knows ${known}): update Understudy to open it; nothing was changed.`,
  );
}

/** A `ProjectUnwritable` or another system failure when that is what `error` says; otherwise the error itself. */
export function unwritable(directory: string, error: unknown): unknown {
  const failure = asSystemFailure(error, directory);
  return failure instanceof NotPermitted ? notWritable(directory) : failure;
}

export function notWritable(directory: string): ProjectUnwritable {
  return new ProjectUnwritable(`The folder ${directory} may not be written: change its permissions or choose another.`);
}

/** It would have to be changed before it could be read. */
export function olderAndUnwritable(directory: string): ProjectUnwritable {
  return new ProjectUnwritable(
    `The project ${directory} was made by an older Understudy and may not be written: open it once where it may be, or copy it and open the copy.`,
  );
}
