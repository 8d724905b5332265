/**
 * Lists the files below a folder with their versions, without opening any. A known folder is scanned with this, and
 * only files with another version are read.
 */
import { type BigIntStats, stat } from 'node:fs';
import { stat as statLater } from 'node:fs/promises';
import { join } from 'node:path';
import { Interrupted } from '../failure.ts';
import { isObjectAddress, pathIn } from '../object-address.ts';
import { type FileFacts, fileFacts } from './file-facts.ts';
import { ImageUnreachable, unreachable } from './image-failures.ts';
import { objectFacts } from './object-storage.ts';
import type { Patience } from './patience.ts';
import { sourcePlace } from './place.ts';
import { type Aside, type LookingFor, type Passed, type Walked, walkInParts } from './walk-folder.ts';

export interface MetFile extends FileFacts {
  readonly kind: 'file';
  readonly relativePath: string;
  /** Whether this process may read it, judging by its permission bits. */
  readonly isReadable: boolean;
}

export type Met = MetFile | Passed | Aside;

/** How many files the system is asked about at once. */
const FILES_AT_ONCE = 1024;

/**
 * In the order of a walk, in batches. A file whose information is unavailable counts as unreadable and without a
 * version: inspecting it gives the reason. Throws `SourceAway` if the folder disappears in the meantime, and
 * `Interrupted`.
 */
export async function* meetFiles(
  folder: string,
  patience: Patience,
  signal: AbortSignal | undefined,
  looking: LookingFor = {},
): AsyncGenerator<readonly Met[], void> {
  for await (const part of walkInParts(folder, patience, looking)) yield* meetPart(folder, part, patience, signal);
}

/** The same for files given by path. */
export async function* meetNamed(
  folder: string,
  paths: readonly string[],
  patience: Patience,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly MetFile[], void> {
  const files = paths.map((relativePath) => ({ kind: 'file', relativePath }) as const);
  for await (const met of meetPart(folder, files, patience, signal)) {
    yield met.filter((one): one is MetFile => one.kind === 'file');
  }
}

async function* meetPart(
  folder: string,
  part: readonly Walked[],
  patience: Patience,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly Met[], void> {
  const place = sourcePlace(folder);
  for (let first = 0; first < part.length; first += FILES_AT_ONCE) {
    if (signal?.aborted) throw new Interrupted();
    const some = part.slice(first, first + FILES_AT_ONCE);
    const met = await metOf(folder, some);
    if (met.some((one) => one?.kind === 'file')) patience.answered(place);
    for (const [index, one] of some.entries()) {
      if (met[index] || one.kind !== 'file') continue;
      const { relativePath } = one;
      const stats = await patience.tried(place, () => factsLater(folder, relativePath)).catch(nothing);
      met[index] = stats ?? { kind: 'file', relativePath, ...UNKNOWN };
    }
    yield met.filter((one) => one !== undefined);
  }
}

const UNKNOWN = { bytes: -1, modifiedMs: 0, fileId: '0', isReadable: false };

/**
 * Uses callbacks, since a promise per file would cost more than the answer. Undefined for files that could not be
 * queried at the first attempt.
 */
async function metOf(folder: string, some: readonly Walked[]): Promise<(Met | undefined)[]> {
  return await new Promise((resolve) => {
    const met: (Met | undefined)[] = [];
    let open = 1;
    const oneLess = () => {
      if (--open === 0) resolve(met);
    };
    for (let index = 0; index < some.length; index++) {
      const one = some[index] as Walked;
      if (one.kind !== 'file') {
        met.push(one);
        continue;
      }
      met.push(undefined);
      open++;
      const { relativePath, facts } = one;
      if (facts) {
        met[index] = { kind: 'file', relativePath, ...facts, isReadable: true };
        oneLess();
        continue;
      }
      stat(join(folder, relativePath), BIG, (error, stats) => {
        if (!error) met[index] = metFile(relativePath, stats);
        oneLess();
      });
    }
    oneLess();
  });
}

const BIG = { bigint: true } as const;

function metFile(relativePath: string, stats: BigIntStats): MetFile {
  const { bytes, modifiedMs, fileId } = fileFacts(stats);
  return { kind: 'file', relativePath, bytes, modifiedMs, fileId, isReadable: stats.isFile() && isReadable(stats) };
}

async function factsLater(folder: string, relativePath: string): Promise<MetFile> {
  if (isObjectAddress(folder))
    return { kind: 'file', relativePath, ...(await objectFacts(pathIn(folder, relativePath))), isReadable: true };
  const stats = await statLater(join(folder, relativePath), BIG).catch((error) => {
    throw unreachable(error);
  });
  return metFile(relativePath, stats);
}

function nothing(error: unknown): undefined {
  if (!(error instanceof ImageUnreachable)) throw error;
}

const [OWNER_READS, GROUP_READS, OTHERS_READ] = [0o400n, 0o040n, 0o004n];
const own = process.getuid?.();
const groups = new Set(process.getgroups?.());

/** Access control lists are not considered: the result becomes certain when the file is opened. */
function isReadable({ mode, uid, gid }: BigIntStats): boolean {
  if (own === undefined || own === 0) return true;
  if (Number(uid) === own) return (mode & OWNER_READS) !== 0n;
  return (mode & (groups.has(Number(gid)) ? GROUP_READS : OTHERS_READ)) !== 0n;
}
