/**
 * The two ways in which an image can be unavailable, distinguished only here. *Unreadable*: the file is damaged or
 * unsupported, a property of this version of it, which the catalogue remembers. *Unreachable*: the operating system did
 * not deliver its bytes this time, which says nothing about the image and is never recorded as its problem.
 */
import { at } from '../at.ts';
import { ExpectedFailure, messageOf } from '../failure.ts';
import { decoderReason } from './decoder-reason.ts';
import type { ImageFormat } from './image-formats.ts';

/** `message` is the reason, displayed beside the file's name. */
export class ImageUnreadable extends ExpectedFailure {}

/**
 * `gone`: there is no such file. `replaced`: it is another version than the one requested. `forbidden`: permissions, or
 * a path that the system does not accept. `unreachable`: a problem of the disk or the network. `machine`: this process
 * has no file descriptors or memory left, whatever it reads.
 */
export type Obstacle = 'gone' | 'replaced' | 'forbidden' | 'unreachable' | 'machine';

/** `message` is the reason, displayed beside the file's name. */
export class ImageUnreachable extends ExpectedFailure {
  readonly obstacle: Obstacle;

  constructor(obstacle: Obstacle, reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.obstacle = obstacle;
  }
}

/** Error codes that mean something other than "unreachable": the obstacle, and the reason in words. */
const MEANINGS: ReadonlyMap<string, readonly [Obstacle, string]> = new Map<string, readonly [Obstacle, string]>([
  ['ENOENT', ['gone', 'the file is gone']],
  ['ENOTDIR', ['gone', 'the file is gone']],
  ['EISDIR', ['gone', 'the file is gone: there is a folder of its name']],
  ['EACCES', ['forbidden', 'the file may not be read']],
  ['EPERM', ['forbidden', 'the file may not be read']],
  // Waiting changes neither of these.
  ['ENAMETOOLONG', ['forbidden', 'the path of the file is too long for this system: move it nearer to the root']],
  ['ELOOP', ['forbidden', 'the path of the file contains a loop of links']],
  ['EMFILE', ['machine', 'this process has too many files open']],
  ['ENFILE', ['machine', 'this computer has too many files open']],
  ['ENOMEM', ['machine', 'this computer has no memory left']],
  ['ENOBUFS', ['machine', 'this computer has no memory left']],
]);

/** Messages of the decoder when the machine is at fault: it has no codes, only the C library's texts. */
const MACHINE_IN_WORDS =
  /out of memory|cannot allocate memory|memory allocation|no space left|too many open files|input\/output error/i;

/** libheif reports its own limits as memory errors, although they concern the file. */
const LIMIT_OF_THE_DECODER = /security limit/i;

/** What projects before format 4 recorded as an image's problem: Node's messages, and libvips' for a missing file. */
const UNREACHABLE_AS_PROBLEM = /^((E[A-Z0-9]+|UNKNOWN): |is missing: )/;

/**
 * Converts errors thrown while asking the operating system for bytes or names to an `ImageUnreachable`, whatever their
 * code, even an unexpected one. An error that does not come from the system is a bug and is returned unchanged.
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

/** Converts errors thrown while available bytes are decoded to pixels. */
export function undecodable(error: unknown, format: ImageFormat): ImageUnreadable | ImageUnreachable {
  if (error instanceof ImageUnreadable || error instanceof ImageUnreachable) return error;
  const message = messageOf(error);
  if (MACHINE_IN_WORDS.test(message) && !LIMIT_OF_THE_DECODER.test(message)) {
    return new ImageUnreachable('machine', 'this computer has no memory or open files left for the decoder', {
      cause: error,
    });
  }
  return new ImageUnreadable(decoderReason(message, format), { cause: error });
}

/** Whether a recorded problem was actually the machine's. */
export function wasUnreachable(problem: string): boolean {
  return UNREACHABLE_AS_PROBLEM.test(problem);
}
