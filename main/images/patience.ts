/**
 * Reading from places that come and go: a share that drops for a second, a disk that is taken out. A read that fails is tried
 * again a few times, while that can help; when the place itself does not answer, the work ends with a sentence instead of
 * going through millions of files that are not there. One `Patience` for a piece of work: it knows what answered before.
 */
import { setTimeout as sleepFor } from 'node:timers/promises';
import { ExpectedFailure } from '../failure.ts';
import { ImageUnreachable } from './image-failures.ts';
import type { Place } from './place.ts';

/** The folder that holds the images is not there, or gives none of them. */
export class SourceAway extends ExpectedFailure {}

/** This process or computer has no file descriptors or memory left. */
export class MachineShort extends ExpectedFailure {}

/** What is waited before each further try. */
const WAITS_MS: readonly number[] = [100, 400, 1500, 3000];

/** After so many files that did not come for all the waiting, the next ones are not waited for until one comes. */
const FEW_IN_A_ROW = 3;
/** So many in a row are not single bad files any more. */
const MANY_IN_A_ROW = 32;

export class Patience {
  readonly #sleep: (ms: number) => Promise<void>;
  readonly #answered = new Set<string>();
  #inARow = 0;

  constructor({ sleep = sleepFor }: { readonly sleep?: (ms: number) => Promise<void> } = {}) {
    this.#sleep = sleep;
  }

  /**
   * What `read` gives. Throws its `ImageUnreachable` when that is a matter of this one file, and what ends the work:
   * `SourceAway`, `MachineShort`.
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

  /** It was asked for many files at once, and gave some. */
  answered(place: Place): void {
    this.#answered.add(place.name);
    this.#inARow = 0;
  }

  async #waitOrThrow(place: Place, failure: ImageUnreachable, waitMs: number | undefined): Promise<void> {
    const { obstacle } = failure;
    const away = obstacle === 'machine' ? undefined : await place.whyAway();
    const unreachable = obstacle === 'unreachable';
    // A single file that is gone, changed or forbidden while its folder answers stays so.
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
  return `${title} is there, but ${MANY_IN_A_ROW} of its files in a row did not come (${message}): check the disk or the network that it is on and run the same command again; nothing is lost.`;
}

function shortMessage({ message }: ImageUnreachable): string {
  return `The images cannot be read because ${message}: close other programs or allow more (ulimit -n for open files) and run the same command again; nothing is lost.`;
}
