/**
 * The files below a folder as the system lists them, with the version of each: none is opened. A folder that is known is looked
 * through by this, and only files of another version are read.
 */
import { type BigIntStats, stat } from 'node:fs';
import { stat as statLater } from 'node:fs/promises';
import { join } from 'node:path';
import { at } from '../at.ts';
import { Interrupted } from '../failure.ts';
import { type FileFacts, fileFacts } from './file-facts.ts';
import { ImageUnreachable, unreachable } from './image-failures.ts';
import type { Patience } from './patience.ts';
import { folderPlace } from './place.ts';
import type { Aside, Passed } from './walk-folder.ts';
import { walkInParts } from './walk-folder.ts';

export interface MetFile extends FileFacts {
  readonly kind: 'file';
  readonly relativePath: string;
  /** Whether permissions let this process read it, as far as they say. */
  readonly isReadable: boolean;
}

export type Met = MetFile | Passed | Aside;

/** As many as the system is asked for at once. */
const FILES_AT_ONCE = 1024;

/**
 * In the order of a walk, in lists. A file whose facts did not come is one that is not readable, of no version: looking at it
 * says why. Throws `SourceAway` when the folder goes meanwhile, and `Interrupted`.
 */
export async function* meetFiles(
  folder: string,
  patience: Patience,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly Met[], void> {
  const place = folderPlace(folder);
  for await (const part of walkInParts(folder, patience)) {
    for (let first = 0; first < part.length; first += FILES_AT_ONCE) {
      if (signal?.aborted) throw new Interrupted();
      const some = part.slice(first, first + FILES_AT_ONCE);
      const paths = some.flatMap((one) => (one.kind === 'file' ? [join(folder, one.relativePath)] : []));
      const found = await factsOfAll(paths);
      if (found.some((facts) => facts !== undefined)) patience.answered(place);
      const met: Met[] = [];
      let next = 0;
      for (const one of some) {
        if (one.kind !== 'file') {
          met.push(one);
          continue;
        }
        const path = at(paths, next);
        const facts = at(found, next++) ?? (await patience.tried(place, () => factsLater(path)).catch(noFacts));
        met.push({ ...one, ...(facts ?? UNKNOWN) });
      }
      yield met;
    }
  }
}

type Facts = FileFacts & { readonly isReadable: boolean };

const UNKNOWN: Facts = { bytes: -1, modifiedMs: 0, fileId: '0', isReadable: false };

/** Without a promise each, which would cost more than the answer. Undefined for what could not be had at the first try. */
async function factsOfAll(paths: readonly string[]): Promise<(Facts | undefined)[]> {
  if (paths.length === 0) return [];
  return await new Promise((resolve) => {
    const found: (Facts | undefined)[] = new Array(paths.length).fill(undefined);
    let open = paths.length;
    for (const [index, path] of paths.entries()) {
      stat(path, { bigint: true }, (error, stats) => {
        if (!error) found[index] = factsOf(stats);
        if (--open === 0) resolve(found);
      });
    }
  });
}

async function factsLater(path: string): Promise<Facts> {
  return factsOf(
    await statLater(path, { bigint: true }).catch((error) => {
      throw unreachable(error);
    }),
  );
}

function noFacts(error: unknown): undefined {
  if (!(error instanceof ImageUnreachable)) throw error;
}

function factsOf(stats: BigIntStats): Facts {
  return { ...fileFacts(stats), isReadable: stats.isFile() && isReadable(stats) };
}

const [OWNER_READS, GROUP_READS, OTHERS_READ] = [0o400n, 0o040n, 0o004n];
const own = process.getuid?.();
const groups = new Set(process.getgroups?.());

/** What access lists say beside is known when a file is opened. */
function isReadable({ mode, uid, gid }: BigIntStats): boolean {
  if (own === undefined || own === 0) return true;
  if (Number(uid) === own) return (mode & OWNER_READS) !== 0n;
  return (mode & (groups.has(Number(gid)) ? GROUP_READS : OTHERS_READ)) !== 0n;
}
