/**
 * Reads from unreliable places: a network share that drops for a second, a disk that is removed. A failed read is
 * retried a few times while that can help; if the place itself does not respond, the work ends with a clear sentence
 * instead of going through millions of missing files. One `Patience` serves one piece of work: it remembers which
 * places have responded.
 */
import { setTimeout as sleepFor } from 'node:timers/promises';
import { ExpectedFailure } from '../failure.ts';
import { ImageUnreachable } from './image-failures.ts';
import type { Place } from './place.ts';

/** The folder with the images does not exist, or delivers none of them. */
export class SourceAway extends ExpectedFailure {}

/** This process or computer has no file descriptors or memory left. */
export class MachineShort extends ExpectedFailure {}

/** The wait before each retry. */
const WAITS_MS: readonly number[] = [100, 400, 1500, 3000];

/** After this many failures in a row despite all retries, later files are not retried until one succeeds. */
const FEW_IN_A_ROW = 3;
/** This many in a row are no longer single bad files. */
const MANY_IN_A_ROW = 32;

export class Patience {
  readonly #sleep: (ms: number) => Promise<void>;
  readonly #answered = new Set<string>();
  #inARow = 0;

  constructor({ sleep = sleepFor }: { readonly sleep?: (ms: number) => Promise<void> } = {}) {
    this.#sleep = sleep;
  }

  /**
   * Returns the result of `read`. Throws its `ImageUnreachable` if only this file is affected, and `SourceAway` or
   * `MachineShort`, which end the work.
   */
  async tried<T>(place: Place, read: () => Promise<T>): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        const result = await read();
        this.answered(place);
        return result;
      } catch (error) {
        if (!(error instanceof ImageUnreachable)) throw error;
        await this.#waitOrThrow(place, error, WAITS_MS[tries]);
      }
    }
  }

  /** Records that the place responded to a bulk request. */
  answered(place: Place): void {
    this.#answered.add(place.name);
    this.#inARow = 0;
  }

  async #waitOrThrow(place: Place, failure: ImageUnreachable, waitMs: number | undefined): Promise<void> {
    const { obstacle } = failure;
    const away = obstacle === 'machine' ? undefined : await place.whyAway();
    const unreachable = obstacle === 'unreachable';
    // A single file that is gone, changed or forbidden stays so while its folder responds.
    if (away === undefined && obstacle !== 'machine' && !unreachable) throw failure;
    const mayHelp = away === undefined ? !unreachable || this.#inARow < FEW_IN_A_ROW : this.#answered.has(place.name);
    if (mayHelp && waitMs !== undefined) return await this.#sleep(waitMs);
    if (obstacle === 'machine') throw new MachineShort(shortMessage(failure), { cause: failure });
    if (away !== undefined) throw new SourceAway(awayMessage(place, away), { cause: failure });
    if (++this.#inARow >= MANY_IN_A_ROW) throw new SourceAway(manyMessage(place, failure), { cause: failure });
    throw failure;
  }
}

export function awayMessage({ title }: Place, why: string): string {
  return `${title} ${why}: connect it again (or say where it is now: understudy reconnect) and run the same command again; nothing is lost.`;
}

function manyMessage({ title }: Place, { message }: ImageUnreachable): string {
  return `${title} is there, but ${MANY_IN_A_ROW} of its files in a row could not be read (${message}): check the disk or the network that it is on and run the same command again; nothing is lost.`;
}

function shortMessage({ message }: ImageUnreachable): string {
  return `The images cannot be read because ${message}: close other programs or allow more (ulimit -n for open files) and run the same command again; nothing is lost.`;
}
