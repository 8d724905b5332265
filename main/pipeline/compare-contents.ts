/**
 * Reads the labelled files that have to be read to find byte-equal copies. Files that are unreachable now are compared
 * when they are back.
 */
import type { ImageFile } from '../catalogue/image-paths.ts';
import type { Project } from '../catalogue/project.ts';
import {
  type ComparedPart,
  type FileContent,
  groupSamePictures,
  recordContents,
  uncomparedFiles,
} from '../catalogue/same-pictures.ts';
import { RunningChecksum } from '../checksum.ts';
import { Interrupted } from '../failure.ts';
import { ImageUnreachable } from '../images/image-failures.ts';
import { type OpenImage, withOpenImage } from '../images/image-locator.ts';
import { sourcePlace } from '../images/place.ts';
import { locateImage } from './locate-image.ts';

const FILES_AT_ONCE = 8;
const RECORDED_AT_ONCE = 1024;
const PIECE_BYTES = 2 ** 20;

/** From the middle and the end, since the beginnings of files from the same camera are alike. */
const SAMPLE_BYTES = 4096;

/** Throws `Interrupted`; what was read so far is kept. */
export async function compareContents(project: Project, signal: AbortSignal | undefined): Promise<void> {
  for (const part of ['sample', 'whole'] as const) {
    const ids = await uncomparedFiles(project.database, part);
    if (ids.length > 0) await readAll(project, part, ids, signal);
  }
  await groupSamePictures(project.database);
}

async function readAll(
  project: Project,
  part: ComparedPart,
  ids: Int32Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  const away = new Map<string, Promise<boolean>>();
  const isAway = ({ folder }: ImageFile) => {
    const known =
      away.get(folder) ??
      sourcePlace(folder)
        .whyAway()
        .then((why) => why !== undefined);
    away.set(folder, known);
    return known;
  };
  for (let start = 0; start < ids.length; start += RECORDED_AT_ONCE) {
    const files: ImageFile[] = [];
    const chosen = ids.subarray(start, start + RECORDED_AT_ONCE);
    for await (const file of project.catalogue.eachImage({ ids: chosen })) files.push(file);
    const read: FileContent[] = [];
    for (let first = 0; first < files.length; first += FILES_AT_ONCE) {
      if (signal?.aborted) throw new Interrupted();
      const together = files.slice(first, first + FILES_AT_ONCE).map(async (file) => {
        const hash = (await isAway(file)) ? undefined : await hashOf(file, part);
        if (hash !== undefined) read.push({ id: file.id, bytes: file.bytes, modifiedMs: file.modifiedMs, hash });
      });
      await Promise.all(together);
    }
    await recordContents(project.database, part, read);
  }
}

/** Undefined for a file that cannot be read now. */
async function hashOf(file: ImageFile, part: ComparedPart): Promise<string | undefined> {
  try {
    return await withOpenImage(locateImage(file), part === 'sample' ? hashOfSample : hashOfWhole);
  } catch (error) {
    if (error instanceof ImageUnreachable) return undefined;
    throw error;
  }
}

async function hashOfSample({ version: { bytes }, read }: OpenImage): Promise<string> {
  const hash = new RunningChecksum('sample');
  for (const start of [Math.floor(bytes / 2), Math.max(0, bytes - SAMPLE_BYTES)]) {
    hash.update(await read(start, Math.min(SAMPLE_BYTES, bytes - start)));
  }
  return hash.digest();
}

async function hashOfWhole({ version: { bytes }, read }: OpenImage): Promise<string> {
  const hash = new RunningChecksum('whole');
  for (let start = 0; start < bytes; start += PIECE_BYTES) {
    hash.update(await read(start, Math.min(PIECE_BYTES, bytes - start)));
  }
  return hash.digest();
}
