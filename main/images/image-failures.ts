/**
 * The two ways in which an image cannot be had, told apart here and nowhere else. *Unreadable*: the file is damaged or of a
 * kind that is not supported, a property of this version of it, which the catalogue remembers. *Unreachable*: the operating
 * system did not give its bytes now, which says nothing about the image and is never remembered as its problem.
 */
import { ExpectedFailure, messageOf } from '../failure.ts';

/** `message` is the reason, as it is shown beside the file's name. */
export class ImageUnreadable extends ExpectedFailure {}

/**
 * `gone`: there is no such file. `replaced`: another version of it than the one that was asked for. `unreachable`: the disk,
 * the network or a permission is in the way. `machine`: this process has no file descriptor or memory left, whatever it reads.
 */
export type Obstacle = 'gone' | 'replaced' | 'unreachable' | 'machine';

/** `message` is the reason, as it is shown beside the file's name. */
export class ImageUnreachable extends ExpectedFailure {
  readonly obstacle: Obstacle;

  constructor(obstacle: Obstacle, reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.obstacle = obstacle;
  }
}

/** Of the codes that say something else than "unreachable". */
const OBSTACLES: ReadonlyMap<string, Obstacle> = new Map([
  ['ENOENT', 'gone'],
  ['ENOTDIR', 'gone'],
  ['EISDIR', 'gone'],
  ['EMFILE', 'machine'],
  ['ENFILE', 'machine'],
  ['ENOMEM', 'machine'],
  ['ENOBUFS', 'machine'],
]);

const WORDS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'the file is gone'],
  ['ENOTDIR', 'the file is gone'],
  ['EISDIR', 'the file is gone: there is a folder of its name'],
  ['EACCES', 'the file may not be read'],
  ['EPERM', 'the file may not be read'],
  ['EMFILE', 'this process has too many files open'],
  ['ENFILE', 'this computer has too many files open'],
  ['ENOMEM', 'this computer has no memory left'],
]);

/** What the decoder says when it is the machine that failed it: it has no codes, only the C library's words. */
const MACHINE_IN_WORDS =
  /out of memory|cannot allocate memory|memory allocation|no space left|too many open files|input\/output error/i;

/** For whatever is thrown while the operating system is asked for bytes: every code is the machine's, also unknown ones. */
export function unreachable(error: unknown): ImageUnreachable {
  if (error instanceof ImageUnreachable) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reason = WORDS.get(code) ?? `the file cannot be read now (${messageOf(error).split(',')[0]})`;
  return new ImageUnreachable(OBSTACLES.get(code) ?? 'unreachable', reason, { cause: error });
}

/** For whatever is thrown while bytes that are there become pixels. */
export function undecodable(error: unknown): ImageUnreadable | ImageUnreachable {
  if (error instanceof ImageUnreadable || error instanceof ImageUnreachable) return error;
  const reason = reasonOf(error);
  if (MACHINE_IN_WORDS.test(messageOf(error))) return new ImageUnreachable('machine', reason, { cause: error });
  return new ImageUnreadable(reason, { cause: error });
}

/** libvips' last line, without its internal prefix. */
export function reasonOf(error: unknown): string {
  const lines = messageOf(error)
    .split('\n')
    .filter((line) => line.trim() !== '');
  return (lines.at(-1) ?? 'unknown').replace(/^(Input file|Input buffer)\s*/, '').trim();
}
