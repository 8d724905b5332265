/**
 * Downloads one file into a folder, atomically. The data received so far is stored beside its destination as NAME.part,
 * with a note of what it is part of: a download that was cut off, stopped or killed resumes from there if the server
 * still has the same file (Range and If-Range, RFC 9110 sections 13.1.5 and 14.2); otherwise it starts over.
 */
import { link, mkdir, open, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { z } from 'zod';
import { bytesText } from '../../amounts.ts';
import { writeTextAtomically } from '../../atomic-file.ts';
import { sha256OfFile } from '../../checksum.ts';
import { Interrupted, WrongUsage } from '../../failure.ts';
import { asSystemFailure, DiskFull } from '../../system-failure.ts';
import { visible } from '../../visible.ts';
import { lengthOf, openAddress, type RemoteFile, reasonOf, requireFile, requireModel } from './address.ts';
import { DownloadFailed } from './download-failed.ts';

export interface Downloaded {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

interface DownloadOptions {
  readonly signal: AbortSignal;
  /** The file's SHA-256, or its first digits. */
  readonly sha256?: string | undefined;
  /** `total` is undefined if the server does not say. */
  readonly onProgress?: (done: number, total: number | undefined) => void;
  /** How long the server may send nothing. */
  readonly patienceMs?: number;
}

export const PART_ENDING = '.part';
const NOTE_ENDING = '.part.json';
const PATIENCE_MS = 60_000;

const noteSchema = z.object({
  address: z.string(),
  /** The server's validator for exactly this content; null if it gives none that allows resuming. */
  validator: z.string().nullable(),
  bytes: z.int().nullable(),
  /** The id of the process writing to it. */
  process: z.int(),
});
type Note = z.infer<typeof noteSchema>;

/** The downloads running in this process. */
const underWay = new Set<string>();

const LEAST_DIGITS = 8;

/** Throws `WrongUsage` for anything that is not a SHA-256 or its beginning. */
export function requireDigits(sha256: string | undefined): void {
  if (sha256 === undefined || (/^[0-9a-f]{1,64}$/i.test(sha256) && sha256.length >= LEAST_DIGITS)) return;
  throw new WrongUsage(
    `“${sha256}” is not a SHA-256: give its 64 digits (0 to 9, a to f), or the first ${LEAST_DIGITS} or more.`,
  );
}

/** Creates `folder` if it is missing. Throws `DownloadFailed`, `DiskFull` and `Interrupted`. */
export async function download(remote: RemoteFile, folder: string, options: DownloadOptions): Promise<Downloaded> {
  const part = join(folder, `${remote.name}${PART_ENDING}`);
  const busy = new DownloadFailed(`${remote.name} is being downloaded already: wait until that has ended.`);
  if (underWay.has(part)) throw busy;
  underWay.add(part);
  try {
    await mkdir(folder, { recursive: true });
    const before = await readNote(folder, remote.name);
    if (before && before.process !== process.pid && isRunning(before.process)) throw busy;
    await fetchAll(remote, folder, part, before, options);
    return await keep(remote, folder, part, options.sha256);
  } catch (error) {
    if (options.signal.aborted) {
      throw new Interrupted('Stopped as asked; what was downloaded is kept: run the same command again to continue.');
    }
    throw asSystemFailure(error, part);
  } finally {
    underWay.delete(part);
  }
}

/** Retries as long as it makes progress. */
async function fetchAll(
  remote: RemoteFile,
  folder: string,
  part: string,
  before: Note | undefined,
  options: DownloadOptions,
): Promise<void> {
  let note = before?.address === remote.address ? before : undefined;
  for (let have = note ? await sizeOf(part) : 0; ; ) {
    // A partial file without a validator is useless.
    if (!note?.validator) have = 0;
    const outcome = await fetchMore(remote, folder, part, note, have, options);
    if (outcome.kind === 'whole') return;
    note = outcome.note;
    if (outcome.have <= have) {
      const kept = note.validator === null ? 'it starts again when you run' : 'it continues from there when you run';
      throw new DownloadFailed(
        `${remote.host} stopped sending ${remote.name} after ${bytesText(outcome.have)} (${outcome.reason}): ${kept} the same command again.`,
      );
    }
    have = outcome.have;
  }
}

type Outcome =
  | { readonly kind: 'whole' }
  | { readonly kind: 'cut'; readonly note: Note; readonly have: number; readonly reason: string };

/** Continues from `have`, or starts over if the server has another file by now or does not support ranges. */
async function fetchMore(
  remote: RemoteFile,
  folder: string,
  part: string,
  known: Note | undefined,
  have: number,
  { signal, onProgress, patienceMs = PATIENCE_MS }: DownloadOptions,
): Promise<Outcome> {
  const silence = new Silence(patienceMs);
  const either = AbortSignal.any([signal, silence.signal]);
  const goesOn = have > 0 && known?.validator ? known.validator : undefined;
  const headers = goesOn === undefined ? {} : { range: `bytes=${have}-`, 'if-range': goesOn };
  try {
    const { response } = await openAddress(remote.address, headers, either);
    const from = response.status === 206 ? continuedFrom(response, known, have) : 0;
    if (response.status === 416 || from === undefined) {
      await response.body?.cancel();
      await rm(part, { force: true });
      return await fetchMore(remote, folder, part, undefined, 0, {
        signal,
        patienceMs,
        ...(onProgress && { onProgress }),
      });
    }
    requireFile(remote.address, response);
    const rest = lengthOf(response);
    const total = rest === null ? null : from + rest;
    const note = { address: remote.address, validator: validatorOf(response), bytes: total, process: process.pid };
    await requireRoom(folder, remote.name, rest);
    if (from === 0) await rm(part, { force: true });
    await writeTextAtomically(join(folder, `${remote.name}${NOTE_ENDING}`), JSON.stringify(note));
    const found = await append(remote.address, response, part, from, silence, (done) =>
      onProgress?.(done, total ?? undefined),
    );
    signal.throwIfAborted();
    if (found.reason === undefined && (total === null || found.have === total)) return { kind: 'whole' };
    const reason = silence.signal.aborted ? 'it fell silent' : (found.reason ?? 'the connection was closed');
    return { kind: 'cut', note, have: found.have, reason };
  } finally {
    silence.end();
  }
}

/** Where the part that the server sends begins; undefined if it is not the one requested. */
function continuedFrom(response: Response, known: Note | undefined, have: number): number | undefined {
  const [, first, , total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '') ?? [];
  const same = known?.bytes === null || total === '*' || Number(total) === known?.bytes;
  return Number(first) === have && same && validatorOf(response) === known?.validator ? have : undefined;
}

/** A weak tag does not guarantee equal bytes, and two files of the same second share a date. */
function validatorOf(response: Response): string | null {
  const tag = response.headers.get('etag');
  if (tag?.startsWith('"')) return tag;
  return response.headers.get('last-modified');
}

/** Everything received is flushed to the disk, however the download ends. */
async function append(
  address: string,
  response: Response,
  part: string,
  from: number,
  silence: Silence,
  onProgress: (done: number) => void,
): Promise<{ readonly have: number; readonly reason: string | undefined }> {
  const file = await open(part, from === 0 ? 'w' : 'r+');
  let have = from;
  try {
    await file.truncate(from);
    const pieces = response.body?.getReader();
    for (;;) {
      let piece: Uint8Array | undefined;
      try {
        piece = (await pieces?.read())?.value;
      } catch (error) {
        return { have, reason: reasonOf(error) };
      }
      if (piece === undefined) return { have, reason: undefined };
      silence.broken();
      if (have === 0) requireModel(address, piece);
      await writeAll(file, piece, have);
      have += piece.length;
      onProgress(have);
    }
  } finally {
    await file.sync();
    await file.close();
  }
}

async function writeAll(file: Awaited<ReturnType<typeof open>>, piece: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < piece.length; ) {
    const { bytesWritten } = await file.write(piece, done, piece.length - done, at + done);
    done += bytesWritten;
  }
}

/** Stores it under its own name, or the next free one; an existing file with the same content is used instead. */
async function keep(
  { name, address }: RemoteFile,
  folder: string,
  part: string,
  expected: string | undefined,
): Promise<Downloaded> {
  const { bytes, sha256 } = await sha256OfFile(part);
  const forgetPart = async () => {
    await rm(part, { force: true });
    await rm(join(folder, `${name}${NOTE_ENDING}`), { force: true });
  };
  if (expected !== undefined && !sha256.startsWith(expected.toLowerCase())) {
    await forgetPart();
    throw new DownloadFailed(
      `${visible(address)} gave another file than expected: its SHA-256 is ${sha256}, not ${expected}; nothing of it was kept.`,
    );
  }
  const { name: stem, ext } = parse(name);
  for (let number = 1; ; number++) {
    const file = join(folder, `${stem}${number === 1 ? '' : `-${number}`}${ext}`);
    if (await takeName(part, file)) {
      await forgetPart();
      return { file, bytes, sha256 };
    }
    if ((await sizeOf(file)) === bytes && (await sha256OfFile(file)).sha256 === sha256) {
      await forgetPart();
      return { file, bytes, sha256 };
    }
  }
}

/** Returns false if the name is taken. */
async function takeName(part: string, file: string): Promise<boolean> {
  try {
    await link(part, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    // A file system without hard links.
    if (await stat(file).catch(() => undefined)) return false;
    await rename(part, file);
    return true;
  }
}

async function requireRoom(folder: string, name: string, needed: number | null): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (needed === null || needed <= bavail * bsize) return;
  throw new DiskFull(
    `The disk has too little room: ${name} needs ${bytesText(needed)} in ${folder} and ${bytesText(bavail * bsize)} are free; free some space, and run the same command again.`,
  );
}

async function readNote(folder: string, name: string): Promise<Note | undefined> {
  const text = await readFile(join(folder, `${name}${NOTE_ENDING}`), 'utf8').catch(() => undefined);
  try {
    return noteSchema.safeParse(JSON.parse(text ?? '')).data;
  } catch {
    return undefined;
  }
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0;
}

function isRunning(process_: number): boolean {
  try {
    process.kill(process_, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Aborts if nothing arrives for too long. */
class Silence {
  readonly #aborter = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(patienceMs: number) {
    this.#timer = setTimeout(() => this.#aborter.abort(), patienceMs);
  }

  get signal(): AbortSignal {
    return this.#aborter.signal;
  }

  broken(): void {
    this.#timer.refresh();
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
