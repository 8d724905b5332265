/** Reads a complete pixel cache and verifies every record. */
import { readdir, stat } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { type Verdict, verdictOn } from '../stored-data.ts';
import { PixelCache } from './pixel-cache.ts';
import { listedShards, readList, recordBytes, recordsPath, type ShardPlace, shardDamaged } from './pixel-shard.ts';
import { cachedShape } from './squares.ts';

/** Yields to other work after this many images. */
const IMAGES_AT_ONCE = 64;

/** One verdict per shard, about the file with its records. */
export async function* verifyPixels(directory: string, sizePx: number): AsyncGenerator<Verdict> {
  for (const shard of listedShards(await readdir(directory))) {
    const place = { directory, shard };
    yield await verdictOn({ kind: 'pixels', path: recordsPath(place), remade: true }, async () => {
      await requireSound(place, sizePx);
      return 'sound';
    });
  }
}

/** Throws `StoredDataDamaged`. */
async function requireSound(place: ShardPlace, sizePx: number): Promise<void> {
  const list = await readList(place);
  if (!list) return;
  const bytesOfOne = recordBytes(cachedShape(place.directory, sizePx));
  const wanted = list.ids.length * bytesOfOne;
  const { size } = await stat(recordsPath(place)).catch(() => ({ size: 0 }));
  if (size !== wanted) throw shardDamaged(place, `it has ${size} bytes instead of ${wanted}`);
  const cache = new PixelCache(place.directory, sizePx);
  try {
    const pixels = new Uint8Array(bytesOfOne);
    for (const [index, id] of list.ids.entries()) {
      if (index % IMAGES_AT_ONCE === 0) await setImmediate();
      cache.read(id, pixels, 0);
    }
  } finally {
    cache.close();
  }
}
