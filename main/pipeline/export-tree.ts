/**
 * A selection as the images themselves, in a new folder: a folder for each class with links or copies, best first, or shards
 * that WebDataset reads. There whole or not at all; nothing that is there is touched.
 */
import { copyFile, mkdir, open, stat, symlink } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { type Database, literal } from '../catalogue/database.ts';
import { ExportRefused } from './export-refused.ts';
import { tarEnd, tarEntry } from './tar-entry.ts';
import { fillWhole } from './whole-folder.ts';

export const treeKinds = ['links', 'copies', 'shards'] as const;
export type TreeKind = (typeof treeKinds)[number];

interface SelectedImage {
  readonly path: string;
  readonly class: string;
  readonly rank: number;
  readonly probability: number;
}

const SHARD_BYTES = 2 ** 30;
const SHARD_IMAGES = 10_000;

/**
 * @param query a selection's rows: path, class, rank, probability
 * @param folder an empty one, which is replaced; @returns how many bytes the images have
 */
export async function writeTree(
  database: Database,
  query: string,
  kind: TreeKind,
  folder: string,
  signal?: AbortSignal,
): Promise<number> {
  return await fillWhole(folder, async (temporary) => {
    const images = selected(database, query, signal);
    return kind === 'shards' ? await shards(images, temporary) : await folders(images, kind, temporary);
  });
}

/** Class by class: a selection may be larger than memory. */
async function* selected(database: Database, query: string, signal?: AbortSignal): AsyncGenerator<SelectedImage> {
  const classes = await database.rows(`SELECT DISTINCT class FROM (${query}) ORDER BY class`);
  for (const row of classes) {
    const rows = await database.rows(
      `SELECT * FROM (${query}) WHERE class = ${literal(String(row.class))} ORDER BY rank`,
    );
    for (const { path, class: name, rank, probability } of rows) {
      signal?.throwIfAborted();
      yield { path: String(path), class: String(name), rank: Number(rank), probability: Number(probability) };
    }
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
    const name = names.get(image.class) ?? freeName(folderName(image.class), new Set(names.values()));
    if (!names.has(image.class)) await mkdir(join(folder, name));
    names.set(image.class, name);
    const target = join(folder, name, `${String(image.rank).padStart(6, '0')}-${basename(image.path)}`);
    bytes += await sizeOf(image.path);
    await (kind === 'links' ? symlink(image.path, target) : copyFile(image.path, target));
  }
  return bytes;
}

/** What a class is called as a folder on any system. */
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

/** Systems tell folders apart that others do not: two classes never share one. */
function freeName(name: string, taken: ReadonlySet<string>): string {
  const lower = new Set([...taken].map((other) => other.toLowerCase()));
  let free = name;
  for (let number = 2; lower.has(free.toLowerCase()); number++) free = `${name}-${number}`;
  return free;
}

/** Each sample is a picture, its class (`cls`, a number; `txt`, its name) and what is known of it (`json`). */
async function shards(images: AsyncIterable<SelectedImage>, folder: string): Promise<number> {
  const classes = new Map<string, number>();
  let [total, place, held, number] = [0, 0, 0, 0];
  let file = await open(join(folder, shardName(number)), 'wx');
  try {
    for await (const image of images) {
      const size = await sizeOf(image.path);
      if (held > 0 && (held + size > SHARD_BYTES || place % SHARD_IMAGES === 0)) {
        await file.write(tarEnd());
        await file.close();
        file = await open(join(folder, shardName(++number)), 'wx');
        held = 0;
      }
      const label = classes.get(image.class) ?? classes.size;
      classes.set(image.class, label);
      const key = String(place++).padStart(9, '0');
      const picture = await open(image.path, 'r');
      const content = await picture.readFile().finally(() => picture.close());
      const ending = extname(image.path).toLowerCase().slice(1) || 'img';
      for (const [name, data] of [
        [`${key}.${ending}`, content],
        [`${key}.cls`, Buffer.from(String(label))],
        [`${key}.txt`, Buffer.from(image.class)],
        [`${key}.json`, Buffer.from(JSON.stringify(image))],
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

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    throw new ExportRefused(`${path} is selected and cannot be read now: bring its folder back, or export the list.`, {
      cause: error,
    });
  }
}
