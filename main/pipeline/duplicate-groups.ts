/** Groups of near-copies among all images of a project, from the fingerprints in the pixel cache; on a thread where they are many. */
import { readdir, stat } from 'node:fs/promises';
import type { Project } from '../catalogue/project.ts';
import { adoptShards, hasShards } from '../images/adopt-shards.ts';
import { copiesAmong } from '../images/copies.ts';
import { squaresIn } from '../images/squares.ts';
import { runTask } from '../jobs/run-task.ts';
import { COMPARED_HERE } from './repeats.ts';

export interface KnownPixels {
  readonly directory: string;
  readonly sizePx: number;
  /** When it was last added to. */
  readonly changedMs: number;
}

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

/**
 * Groups of at least two, the largest first, ids ascending; images that are not in the cache are skipped. Reports the
 * share that is done, unless the images are so few that it takes no time.
 */
export async function findDuplicateGroups(
  imageIds: Int32Array,
  { directory, sizePx }: KnownPixels,
  onShare: (share: number) => void = () => {},
): Promise<number[][]> {
  await adoptShards(directory, sizePx, undefined);
  const request = { imageIds, cacheDirectory: directory, cacheSizePx: sizePx };
  if (imageIds.length <= COMPARED_HERE) return copiesAmong(request);
  return await runTask('copies', request, { onEvent: ({ share }) => onShare(share) });
}
