/** Why a project cannot be made or opened, each in one sentence with what to do. */
import { asDiskFull } from '../atomic-file.ts';
import { ExpectedFailure } from '../failure.ts';

export class ProjectExists extends ExpectedFailure {}
export class FolderNotEmpty extends ExpectedFailure {}
export class NotAProject extends ExpectedFailure {}
export class ProjectNewer extends ExpectedFailure {}
export class ProjectInUse extends ExpectedFailure {}
export class ProjectUnwritable extends ExpectedFailure {}
export class ProjectDamaged extends ExpectedFailure {}

export function newer(directory: string, version: number, known: number): ProjectNewer {
  return new ProjectNewer(
    `The project ${directory} was made by a newer Understudy (format ${version}, this one knows ${known}): update Understudy to open it; nothing was changed.`,
  );
}

/** A `ProjectUnwritable` or `DiskFull` when that is what `error` says; otherwise the error itself. */
export function unwritable(directory: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new ProjectUnwritable(
      `The folder ${directory} may not be written: change its permissions or choose another.`,
    );
  }
  return asDiskFull(error, directory);
}
