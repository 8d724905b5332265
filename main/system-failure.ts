/**
 * Refusals of the operating system that any work may meet: no disk space, no permission, no file descriptors, no
 * threads. Errors are translated at the boundaries (the command line, the door, a job, a thread), so that no other code
 * has to handle them; code that knows a more specific reason reports it itself.
 */
import { ExpectedFailure, messageOf } from './failure.ts';

export class DiskFull extends ExpectedFailure {}
export class NotPermitted extends ExpectedFailure {}
export class MachineExhausted extends ExpectedFailure {}
export class DiskFailing extends ExpectedFailure {}

type Refusal = (place: string) => ExpectedFailure;

const full: Refusal = (place) =>
  new DiskFull(`The disk is full: ${place} could not be written; free some space and run the same command again.`);
const forbidden: Refusal = (place) =>
  new NotPermitted(`You may not read or write ${place}: change its permissions, or choose another place.`);
const readOnly: Refusal = (place) =>
  new NotPermitted(`${place} may only be read: its disk or its folder is protected; choose another place to write to.`);
const tooManyFiles: Refusal = () =>
  new MachineExhausted(
    'Too many files are open: raise the limit (ulimit -n 4096) or close other programs, and run the same command again.',
  );
const noMemory: Refusal = () =>
  new MachineExhausted(
    'This computer has no memory left: close other programs or choose a smaller batch, and run the same command again.',
  );
const noDatabaseMemory: Refusal = () =>
  new MachineExhausted(
    'This needs more memory than the database may use: do it in smaller parts, such as a list or a table of fewer rows.',
  );
const noThreads: Refusal = () =>
  new MachineExhausted(
    'No more processes or threads can be started: raise the limit (ulimit -u) or close other programs, and run the same command again.',
  );
const failing: Refusal = (place) =>
  new DiskFailing(
    `The disk reports an error at ${place}: check the disk and its connection, and run the same command again.`,
  );

const BY_CODE: ReadonlyMap<string, Refusal> = new Map([
  ['ENOSPC', full],
  ['EDQUOT', full],
  ['EACCES', forbidden],
  ['EPERM', forbidden],
  ['EROFS', readOnly],
  ['EMFILE', tooManyFiles],
  ['ENFILE', tooManyFiles],
  ['ENOMEM', noMemory],
  ['EAGAIN', noThreads],
  ['EIO', failing],
]);

/** Messages of native libraries, whose errors have no codes. */
const IN_WORDS: readonly (readonly [RegExp, Refusal])[] = [
  [/no space left|not enough space|disk quota|max_temp_directory_size/i, full],
  [/too many open files|\bE[MN]FILE\b/i, tooManyFiles],
  [/read-only (?:mode|file system)/i, readOnly],
  [/permission denied/i, forbidden],
  [/cannot allocate memory|std::bad_alloc|ERR_WORKER_OUT_OF_MEMORY/i, noMemory],
  [/^Out of Memory Error/i, noDatabaseMemory],
  [/resource temporarily unavailable/i, noThreads],
  [/input\/output error/i, failing],
];

/**
 * Translates `error` if it is such a refusal; otherwise returns it unchanged, as it does any `ExpectedFailure`. `place`
 * is the file concerned, if the error does not name it.
 */
export function asSystemFailure(error: unknown, place = placeOf(error)): unknown {
  if (!(error instanceof Error) || error instanceof ExpectedFailure) return error;
  const code = 'code' in error ? String(error.code) : '';
  const refusal = BY_CODE.get(code) ?? IN_WORDS.find(([words]) => words.test(messageOf(error)))?.[1];
  if (!refusal) return error;
  const failure = refusal(place);
  failure.cause = error;
  return failure;
}

function placeOf(error: unknown): string {
  const { path, dest } = error instanceof Error ? (error as { path?: unknown; dest?: unknown }) : {};
  if (typeof dest === 'string') return dest;
  if (typeof path === 'string') return path;
  // Native libraries quote the file name.
  const quoted = /["'“]([^"'”]*[/\\][^"'”]*)["'”]/.exec(messageOf(error))?.[1];
  return quoted ?? 'a file';
}
