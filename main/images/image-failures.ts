/**
 * The two ways in which an image cannot be had, told apart here and nowhere else. *Unreadable*: the file is damaged or of a
 * kind that is not supported, a property of this version of it, which the catalogue remembers. *Unreachable*: the operating
 * system did not give its bytes now, which says nothing about the image and is never remembered as its problem.
 */
import { at } from '../at.ts';
import { ExpectedFailure, messageOf } from '../failure.ts';
import { decoderReason } from './decoder-reason.ts';
import type { ImageFormat } from './image-formats.ts';

/** `message` is the reason, as it is shown beside the file's name. */
export class ImageUnreadable extends ExpectedFailure {}

/**
 * `gone`: there is no such file. `replaced`: another version of it than the one that was asked for. `forbidden`: permissions, or a
 * path that the system does not take.
 * `unreachable`: the disk or the network is in the way. `machine`: this process has no file descriptor or memory left,
 * whatever it reads.
 */
export type Obstacle = 'gone' | 'replaced' | 'forbidden' | 'unreachable' | 'machine';

/** `message` is the reason, as it is shown beside the file's name. */
export class ImageUnreachable extends ExpectedFailure {
  readonly obstacle: Obstacle;

  constructor(obstacle: Obstacle, reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.obstacle = obstacle;
  }
}

/** Of the codes that say something else than "unreachable": what is in the way, and the reason in words. */
const MEANINGS: ReadonlyMap<string, readonly [Obstacle, string]> = new Map<string, readonly [Obstacle, string]>([
  ['ENOENT', ['gone', 'the file is gone']],
  ['ENOTDIR', ['gone', 'the file is gone']],
  ['EISDIR', ['gone', 'the file is gone: there is a folder of its name']],
  ['EACCES', ['forbidden', 'the file may not be read']],
  ['EPERM', ['forbidden', 'the file may not be read']],
  // Neither changes by waiting.
  ['ENAMETOOLONG', ['forbidden', 'the file lies too deep for this system to open: move it nearer to the top']],
  ['ELOOP', ['forbidden', 'the file is behind links that lead to one another']],
  ['EMFILE', ['machine', 'this process has too many files open']],
  ['ENFILE', ['machine', 'this computer has too many files open']],
  ['ENOMEM', ['machine', 'this computer has no memory left']],
  ['ENOBUFS', ['machine', 'this computer has no memory left']],
]);

/** What the decoder says when it is the machine that failed it: it has no codes, only the C library's words. */
const MACHINE_IN_WORDS =
  /out of memory|cannot allocate memory|memory allocation|no space left|too many open files|input\/output error/i;

/** libheif calls its own limits an error of memory, and they are the file's. */
const LIMIT_OF_THE_DECODER = /security limit/i;

/** What versions before format 4 of the project wrote down as an image's problem: Node's words, and libvips' of a file that is away. */
const UNREACHABLE_AS_PROBLEM = /^((E[A-Z0-9]+|UNKNOWN): |is missing: )/;

/**
 * For what is thrown while the operating system is asked for bytes or names: an `ImageUnreachable` whatever its code is, also
 * one that nobody has thought of. What does not come from the system is a bug and stays what it is.
 */
export function unreachable(error: unknown, what: 'file' | 'folder' = 'file'): unknown {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return error;
  const meaning = MEANINGS.get(String(error.code));
  const [obstacle, reason] = meaning ?? ['unreachable', `the file cannot be read now (${firstPart(error)})`];
  return new ImageUnreachable(obstacle, reason.replace('the file', `the ${what}`), { cause: error });
}

/** Node's message without the call and the path: "EIO: i/o error". */
function firstPart({ message }: Error): string {
  return at(message.split(','), 0);
}

/** For whatever is thrown while bytes that are there become pixels. */
export function undecodable(error: unknown, format: ImageFormat): ImageUnreadable | ImageUnreachable {
  if (error instanceof ImageUnreadable || error instanceof ImageUnreachable) return error;
  const message = messageOf(error);
  if (MACHINE_IN_WORDS.test(message) && !LIMIT_OF_THE_DECODER.test(message)) {
    return new ImageUnreachable('machine', 'this computer has no memory or file left for the decoder', {
      cause: error,
    });
  }
  return new ImageUnreadable(decoderReason(message, format), { cause: error });
}

/** Says of a problem that was written down whether it was the machine's. */
export function wasUnreachable(problem: string): boolean {
  return UNREACHABLE_AS_PROBLEM.test(problem);
}
