/** Groups of near-copies among all images of a project, from the fingerprints in the pixel cache. */
import { readdir, stat } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import type { Project } from '../catalogue/project.ts';
import { adoptShards, hasShards } from '../images/adopt-shards.ts';
import { NearDuplicateGroups } from '../images/near-duplicates.ts';
import { openPixelCache } from '../images/pixel-cache.ts';
import { squaresIn } from '../images/squares.ts';

export interface KnownPixels {
  readonly directory: string;
  readonly sizePx: number;
  /** When it was last added to. */
  readonly changedMs: number;
}

/** Yields to other work after this many images. */
const IMAGES_AT_ONCE = 1024;

/** The cache that was last added to; undefined before any image was decoded. */
export async function newestPixels(project: Project): Promise<KnownPixels | undefined> {
  const names = await readdir(project.path('cache')).catch(() => []);
  let newest: KnownPixels | undefined;
  for (const name of names) {
    const sizePx = squaresIn(name)?.sizePx;
    if (sizePx === undefined) continue;
    const directory = project.path('cache', name);
    const { mtimeMs } = await stat(directory);
    if (hasShards(await readdir(directory)) && mtimeMs > (newest?.changedMs ?? 0))
      newest = { directory, sizePx, changedMs: mtimeMs };
  }
  return newest;
}

/** Groups of at least two, the largest first, ids ascending; images that are not in the cache are skipped. */
export async function findDuplicateGroups(imageIds: Int32Array, pixels: KnownPixels): Promise<number[][]> {
  await adoptShards(pixels.directory, pixels.sizePx, undefined);
  const cache = openPixelCache(pixels.directory, pixels.sizePx);
  try {
    const groups = new NearDuplicateGroups();
    for (const [place, id] of imageIds.entries()) {
      if (place % IMAGES_AT_ONCE === 0) await setImmediate();
      if (!cache.has(id)) continue;
      groups.add(id, cache.fingerprint(id));
    }
    return await groups.groups();
  } finally {
    cache.close();
  }
}
