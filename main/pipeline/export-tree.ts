/**
 * A selection as image files in a new folder: one sub-folder per class with links or copies, best first, or shards that
 * WebDataset reads. Written atomically; existing files are never touched.
 */
import { copyFile, mkdir, open, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { Database } from '../catalogue/database.ts';
import { type ExportQuery, eachSelected } from '../catalogue/exports/export-queries.ts';
import { ImageUnreachable } from '../images/image-failures.ts';
import type { ImageLocator } from '../images/image-locator.ts';
import { openBytes } from '../images/open-bytes.ts';
import { ExportRefused } from './export-refused.ts';
import { locateImage } from './locate-image.ts';
import { tarEnd, tarEntry } from './tar-entry.ts';
import { fillWhole } from './whole-folder.ts';

export const treeKinds = ['links', 'copies', 'shards'] as const;
export type TreeKind = (typeof treeKinds)[number];

interface SelectedImage {
  readonly image: ImageLocator;
  readonly path: string;
  readonly class: string;
  readonly rank: number;
  readonly probability: number;
}

const SHARD_BYTES = 2 ** 30;
const SHARD_IMAGES = 10_000;

/**
 * @param query a selection's images, as `selectedImages` returns them
 * @param folder an empty one, which is replaced
 * @returns the total size of the images in bytes
 */
export async function writeTree(
  database: Database,
  query: ExportQuery,
  kind: TreeKind,
  folder: string,
  signal?: AbortSignal,
): Promise<number> {
  return await fillWhole(folder, async (temporary) => {
    const images = located(database, query, signal);
    return kind === 'shards' ? await shards(images, temporary) : await folders(images, kind, temporary);
  });
}

async function* located(database: Database, query: ExportQuery, signal?: AbortSignal): AsyncGenerator<SelectedImage> {
  for await (const { place, ...said } of eachSelected(database, query, signal)) {
    yield { image: locateImage(place), ...said };
  }
}

async function folders(
  images: AsyncIterable<SelectedImage>,
  kind: 'links' | 'copies',
  folder: string,
): Promise<number> {
  const names = new Map<string, string>();
  let bytes = 0;
  for await (const image of images) {
    if (kind === 'links' && image.image.kind !== 'file') {
      const where = image.image.kind === 'entry' ? 'an archive' : 'an object storage';
      throw new ExportRefused(
        `${image.path} lies in ${where}, which cannot be linked to: export copies, shards, or the list.`,
      );
    }
    const name = names.get(image.class) ?? freeName(folderName(image.class), new Set(names.values()));
    if (!names.has(image.class)) await mkdir(join(folder, name));
    names.set(image.class, name);
    const target = join(folder, name, `${String(image.rank).padStart(6, '0')}-${basename(image.path)}`);
    bytes += await reading(image, async () => {
      if (image.image.kind === 'file') {
        const { size } = await stat(image.path);
        await (kind === 'links' ? symlink(image.path, target) : copyFile(image.path, target));
        return size;
      }
      const content = await openBytes(image.image);
      await writeFile(target, content, { flag: 'wx' });
      return content.length;
    });
  }
  return bytes;
}

/** The name of a class as a folder name valid on any system. */
export function folderName(name: string): string {
  const plain = name
    .normalize('NFC')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
    .replaceAll(/[\u0000-\u001f<>:"/\\|?*]/g, '_')
    .replace(/[. ]+$/, '')
    .slice(0, 80);
  if (plain === '' || /^\.+$/.test(plain)) return 'class';
  return /^(con|prn|aux|nul|com\d|lpt\d)$/i.test(plain) ? `${plain}_` : plain;
}

/** Some file systems ignore case: two classes must never share a folder. */
function freeName(name: string, taken: ReadonlySet<string>): string {
  const lower = new Set([...taken].map((other) => other.toLowerCase()));
  let free = name;
  for (let number = 2; lower.has(free.toLowerCase()); number++) free = `${name}-${number}`;
  return free;
}

/** Each sample is a picture, its class (`cls`, the index; `txt`, the name) and its metadata (`json`). */
async function shards(images: AsyncIterable<SelectedImage>, folder: string): Promise<number> {
  const classes = new Map<string, number>();
  let [total, place, held, number] = [0, 0, 0, 0];
  let file = await open(join(folder, shardName(number)), 'wx');
  try {
    for await (const image of images) {
      const content = await reading(image, () => contentOf(image));
      const size = content.length;
      if (held > 0 && (held + size > SHARD_BYTES || place % SHARD_IMAGES === 0)) {
        await file.write(tarEnd());
        await file.close();
        file = await open(join(folder, shardName(++number)), 'wx');
        held = 0;
      }
      const label = classes.get(image.class) ?? classes.size;
      classes.set(image.class, label);
      const { image: _, ...said } = image;
      const key = String(place++).padStart(9, '0');
      const ending = extname(image.path).toLowerCase().slice(1) || 'img';
      for (const [name, data] of [
        [`${key}.${ending}`, content],
        [`${key}.cls`, Buffer.from(String(label))],
        [`${key}.txt`, Buffer.from(image.class)],
        [`${key}.json`, Buffer.from(JSON.stringify(said))],
      ] as const) {
        const entry = tarEntry(name, data);
        await file.write(entry);
        held += entry.length;
      }
      total += size;
    }
    await file.write(tarEnd());
  } finally {
    await file.close();
  }
  return total;
}

const shardName = (number: number): string => `shard-${String(number).padStart(6, '0')}.tar`;

/** The file in its present state, even if it changed since it was scanned. */
async function contentOf({ image, path }: SelectedImage): Promise<Buffer> {
  return image.kind === 'file' ? await readFile(path) : await openBytes(image);
}

async function reading<T>({ path }: SelectedImage, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!isOfSource(error, path)) throw error;
    throw new ExportRefused(`${path} is selected and cannot be read now: bring its folder back, or export the list.`, {
      cause: error,
    });
  }
}

/** A full disk is not the image's fault. */
function isOfSource(error: unknown, path: string): boolean {
  if (error instanceof ImageUnreachable) return true;
  const { code, path: of } = error as NodeJS.ErrnoException;
  return of === path && code !== 'ENOSPC';
}
