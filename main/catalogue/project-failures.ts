/** Reasons why a project cannot be created or opened, each as one sentence with what to do. */
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

/** Converts `error` to a `ProjectUnwritable` or another system failure if it is one; otherwise returns it unchanged. */
export function unwritable(directory: string, error: unknown): unknown {
  const failure = asSystemFailure(error, directory);
  return failure instanceof NotPermitted ? notWritable(directory) : failure;
}

export function notWritable(directory: string): ProjectUnwritable {
  return new ProjectUnwritable(`The folder ${directory} may not be written: change its permissions or choose another.`);
}

/** The project would have to be migrated before it can be read. */
export function olderAndUnwritable(directory: string): ProjectUnwritable {
  return new ProjectUnwritable(
    `The project ${directory} was made by an older Understudy and may not be written: open it once where it can be written, or copy it and open the copy.`,
  );
}
