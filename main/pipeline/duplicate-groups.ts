/** Groups of near-copies among all images of a project, from the fingerprints that the pixel cache has of them. */
import { readdir, stat } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { at } from '../at.ts';
import type { Project } from '../catalogue/project.ts';
import { adoptShards, hasShards } from '../images/adopt-shards.ts';
import { NearDuplicateIndex } from '../images/near-duplicates.ts';
import { openPixelCache } from '../images/pixel-cache.ts';

export interface KnownPixels {
  readonly directory: string;
  readonly sizePx: number;
  /** When it was last added to. */
  readonly changedMs: number;
}

/** Others get their turn between so many images. */
const IMAGES_AT_ONCE = 1024;

/** The cache that was last added to; undefined before any image was decoded. */
export async function newestPixels(project: Project): Promise<KnownPixels | undefined> {
  const names = await readdir(project.path('cache')).catch(() => []);
  let newest: KnownPixels | undefined;
  for (const name of names) {
    const sizePx = Number(/^pixels-(\d+)$/.exec(name)?.[1]);
    if (!sizePx) continue;
    const directory = project.path('cache', name);
    const { mtimeMs } = await stat(directory);
    if (hasShards(await readdir(directory)) && mtimeMs > (newest?.changedMs ?? 0))
      newest = { directory, sizePx, changedMs: mtimeMs };
  }
  return newest;
}

/** Groups of at least two, the largest first, ids in order; images that are not in the cache are passed over. */
export async function findDuplicateGroups(imageIds: Int32Array, pixels: KnownPixels): Promise<number[][]> {
  await adoptShards(pixels.directory, pixels.sizePx, undefined);
  const cache = openPixelCache(pixels.directory, pixels.sizePx);
  try {
    const index = new NearDuplicateIndex();
    const groups = new Groups();
    for (const [place, id] of imageIds.entries()) {
      if (place % IMAGES_AT_ONCE === 0) await setImmediate();
      if (!cache.has(id)) continue;
      const fingerprint = cache.fingerprint(id);
      for (const other of index.find(fingerprint)) groups.join(id, other);
      index.add(id, fingerprint);
    }
    return groups.all().sort((a, b) => b.length - a.length || at(a, 0) - at(b, 0));
  } finally {
    cache.close();
  }
}

/** Disjoint sets; each knows its members, and the smaller one moves into the larger one. */
class Groups {
  readonly #groupOf = new Map<number, number[]>();

  join(a: number, b: number): void {
    const [one, other] = [this.#of(a), this.#of(b)];
    if (one === other) return;
    const [small, large] = one.length < other.length ? [one, other] : [other, one];
    for (const id of small) {
      large.push(id);
      this.#groupOf.set(id, large);
    }
  }

  all(): number[][] {
    return [...new Set(this.#groupOf.values())].map((group) => group.sort((a, b) => a - b));
  }

  #of(id: number): number[] {
    const known = this.#groupOf.get(id) ?? [id];
    this.#groupOf.set(id, known);
    return known;
  }
}
