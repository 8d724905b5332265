import { messageOf } from './failure.ts';

const BY_CODE: ReadonlyMap<unknown, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['ENOTDIR', 'there is no such file'],
  ['EISDIR', 'it is a folder'],
  ['EACCES', 'you may not read it'],
  ['EPERM', 'you may not read it'],
  ['ELOOP', 'its links go in a circle'],
  ['ENAMETOOLONG', 'its name is too long'],
]);

/** Why the system did not let a file be read, in words that follow a colon. */
export function whyUnread(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return BY_CODE.get(code) ?? messageOf(error);
}

/** The same for a file that Understudy stored: what is wrong with it. @param code the system's */
export function damageOfUnread(code: string): string {
  return code === 'ENOENT' ? 'it is missing' : `it cannot be read: ${code}`;
}

/** Whether the system says that there is no such file. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
