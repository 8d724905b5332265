/**
 * Adopts shards written by a version without checksums, whose lists had another name: their contents are accepted as
 * they are, and verified from then on. A truncated shard is left out, so that its images are decoded again.
 */
import { open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import {
  checksumsText,
  earlierListSchema,
  listedShards,
  numbersOf,
  pixelsChecksum,
  recordBytes,
  recordsPath,
  type ShardPlace,
  writeList,
} from './pixel-shard.ts';
import { cachedShape } from './squares.ts';

const EARLIER_ENDING = '.json';

/** `onNote` receives what was adopted and what was not, one sentence each. */
export async function adoptShards(
  directory: string,
  sizePx: number,
  onNote: ((note: string) => void) | undefined,
): Promise<void> {
  const names = await readdir(directory);
  let images = 0;
  for (const shard of numbersOf(names, EARLIER_ENDING)) {
    const earlier = join(directory, `${String(shard).padStart(6, '0')}${EARLIER_ENDING}`);
    const list = await readEarlier(earlier);
    const place = { directory, shard };
    const checksums = list && (await checksumsIn(place, list.ids, recordBytes(cachedShape(directory, sizePx))));
    if (list && checksums) {
      await writeList(place, { ...list, checksums: checksumsText(checksums) });
      images += list.ids.length;
    } else {
      onNote?.(`What the pixel cache has in ${recordsPath(place)} is damaged: it is decoded again from the files.`);
    }
    await rm(earlier, { force: true });
  }
  if (images > 0) onNote?.(adoptedNote(images));
}

/** Whether the names of a cache's files include a shard, of this version or an earlier one. */
export function hasShards(names: readonly string[]): boolean {
  return listedShards(names).length > 0 || numbersOf(names, EARLIER_ENDING).length > 0;
}

function adoptedNote(images: number): string {
  return `The pixels of ${images} images were decoded by a version without checksums: they are accepted as they are, and verified from now on.`;
}

async function readEarlier(path: string): Promise<z.infer<typeof earlierListSchema> | undefined> {
  try {
    return earlierListSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Undefined if the file does not match a list of these ids. */
async function checksumsIn(place: ShardPlace, ids: readonly number[], bytes: number): Promise<number[] | undefined> {
  const file = await open(recordsPath(place)).catch(() => undefined);
  if (!file) return undefined;
  try {
    if ((await file.stat()).size !== ids.length * bytes) return undefined;
    const pixels = new Uint8Array(bytes);
    const checksums: number[] = [];
    for (const [index, id] of ids.entries()) {
      await file.read(pixels, 0, bytes, index * bytes);
      checksums.push(pixelsChecksum(id, pixels));
    }
    return checksums;
  } finally {
    await file.close();
  }
}
