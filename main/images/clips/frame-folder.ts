/**
 * A clip that is a folder of frames, as a kind of place for images: its bytes are a list of the frames followed by the
 * frames, so that code that reads, compares or verifies bytes need not know about folders. Its path ends with `/`.
 */
import { stat } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { at } from '../../at.ts';
import { fileFacts } from '../file-facts.ts';
import { openFile } from '../file-store.ts';
import { ImageUnreachable, ImageUnreadable, unreachable } from '../image-failures.ts';
import type { FileVersion, FramesLocator, ImageStore, OpenImage } from '../image-locator.ts';
import { folderPlace } from '../place.ts';
import { FRAME_ENDINGS } from './clip-formats.ts';

const MAGIC = 'UNDERSTUDY FRAMES 1\n';
/** A list of a million frames is not a clip. */
const LONGEST_LIST = 16 * 2 ** 20;

const statFile = promisify(stat);
/** Numeric order: 2 before 10. */
const { compare } = new Intl.Collator('en', { numeric: true });

export const frameStore: ImageStore<FramesLocator> = {
  withOpen,
  nameOf: ({ folder, relativePath }) => join(folder, relativePath),
  placeOf: ({ folder }) => folderPlace(folder),
};

/** The position of a frame's bytes among the clip's. */
export interface FramePart {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
}

/** Undefined for bytes that are not a list of frames. Throws `ImageUnreadable` for a damaged one. */
export async function framesListed({
  version,
  read,
}: Pick<OpenImage, 'version' | 'read'>): Promise<FramePart[] | undefined> {
  const start = await read(0, Math.min(version.bytes, MAGIC.length + 12));
  if (start.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined;
  const length = Number.parseInt(start.toString('latin1', MAGIC.length), 10);
  if (!(length > 0 && length <= LONGEST_LIST)) throw new ImageUnreadable('the list of its frames is damaged');
  const first = MAGIC.length + 12;
  const listed = JSON.parse((await read(first, length)).toString('utf8')) as [string, number][];
  let offset = first + length;
  return listed.map(([name, bytes]) => {
    offset += bytes;
    return { name, offset: offset - bytes, bytes };
  });
}

async function withOpen<T>(
  { folder, relativePath, version: wanted }: FramesLocator,
  work: (open: OpenImage) => Promise<T>,
): Promise<T> {
  const directory = join(folder, relativePath);
  const { frames, version, fileId, list } = await listedIn(directory);
  if (wanted && (wanted.bytes !== version.bytes || wanted.modifiedMs !== version.modifiedMs)) {
    throw new ImageUnreachable('replaced', 'its frames have changed since it was added');
  }
  const read = async (offset: number, length: number): Promise<Buffer> => {
    const parts: Buffer[] = [];
    const end = Math.min(version.bytes, offset + length);
    if (offset < list.length) parts.push(list.subarray(offset, end));
    for (const frame of frames) {
      const [from, to] = [Math.max(offset, frame.offset), Math.min(end, frame.offset + frame.bytes)];
      if (from < to) parts.push(await bytesOf(join(directory, frame.name), frame, from - frame.offset, to - from));
    }
    return Buffer.concat(parts);
  };
  return await work({ version, fileId, read });
}

interface Listed {
  readonly frames: readonly FramePart[];
  readonly version: FileVersion;
  readonly fileId: string;
  readonly list: Buffer;
}

async function listedIn(directory: string): Promise<Listed> {
  try {
    const { fileId } = fileFacts(await statFile(directory, { bigint: true }));
    const entries = await readdir(directory);
    const names = entries.filter((name) => FRAME_ENDINGS.has(extname(name).toLowerCase())).sort(compare);
    const facts = await Promise.all(
      names.map(async (name) => fileFacts(await statFile(join(directory, name), { bigint: true }))),
    );
    const text = Buffer.from(JSON.stringify(names.map((name, index) => [name, at(facts, index).bytes])));
    const list = Buffer.concat([Buffer.from(`${MAGIC}${String(text.length).padEnd(11)}\n`), text]);
    let offset = list.length;
    const frames = names.map((name, index) => {
      const { bytes } = at(facts, index);
      offset += bytes;
      return { name, offset: offset - bytes, bytes };
    });
    const modifiedMs = facts.reduce((latest, fact) => Math.max(latest, fact.modifiedMs), 0);
    return { frames, fileId, list, version: { bytes: offset, modifiedMs } };
  } catch (error) {
    throw unreachable(error, 'folder');
  }
}

async function bytesOf(path: string, frame: FramePart, offset: number, length: number): Promise<Buffer> {
  const file = await openFile(path);
  try {
    const bytes = await file.read(offset, length);
    if (file.version.bytes !== frame.bytes || bytes.length < length) {
      throw new ImageUnreachable('replaced', 'one of its frames changed while it was read');
    }
    return bytes;
  } finally {
    await file.close();
  }
}
