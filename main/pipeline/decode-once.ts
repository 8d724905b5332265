/**
 * Brings a pixel cache up to date with the catalogue. Damaged images are recorded there with the reason; unreachable
 * ones count as missing until they are found again; an unreachable folder ends the work, unless nothing more is needed
 * from it.
 */
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Project } from '../catalogue/project.ts';
import { setMissing } from '../catalogue/returned-images.ts';
import { presentSources } from '../catalogue/sources/present-sources.ts';
import { buildPixelCache, type CacheImages } from '../images/build-pixel-cache.ts';
import type { LostImage } from '../images/decode-shard.ts';
import type { Obstacle } from '../images/image-failures.ts';
import { openPixelCache, type PixelCache, pixelCacheBytes } from '../images/pixel-cache.ts';
import { sourcePlace } from '../images/place.ts';
import { pixelCacheName, type Squares } from '../images/squares.ts';
import { StoredDataDamaged } from '../stored-data.ts';
import type { CachedImages } from '../training/train-request.ts';
import { cacheImage } from './locate-image.ts';
import { projectSquares } from './project-squares.ts';
import type { PipelineEvent } from './workspace.ts';

export interface DecodeRequest {
  readonly project: Project;
  readonly signal: AbortSignal;
  tell(event: PipelineEvent): void;
}

export interface DecodedOnce {
  readonly cache: Omit<CachedImages, 'imageIds'>;
  /** They count as missing from now on. */
  readonly lost: readonly LostImage[];
}

/** The pixel cache for these squares. */
export function pixelCachePlace(project: Pick<Project, 'path'>, squares: Squares): DecodedOnce['cache'] {
  return { cacheDirectory: project.path('cache', pixelCacheName(squares)), cacheSizePx: squares.sizePx };
}

/**
 * `suspects`: the cache files in which a reader found damage. Throws `SourceAway`, `MachineShort`, `DiskFull` or
 * `Interrupted`; what was decoded so far is kept.
 */
export async function decodeOnce(
  request: DecodeRequest,
  imageSizePx: number,
  suspects: ReadonlySet<string> = new Set(),
): Promise<DecodedOnce> {
  return await decodeTo(request, projectSquares(request.project, imageSizePx), suspects);
}

/** The same, to exactly these squares. */
export async function decodeTo(
  { project, signal, tell }: DecodeRequest,
  squares: Squares,
  suspects: ReadonlySet<string> = new Set(),
): Promise<DecodedOnce> {
  const { cacheDirectory, cacheSizePx } = pixelCachePlace(project, squares);
  const note = (message: string) => tell({ kind: 'noted', message });
  const count = await project.catalogue.countPresent();
  const mebibytes = Math.round(pixelCacheBytes(count, squares) / 2 ** 20);
  const what = squares.frames === undefined ? 'images' : `clips of ${squares.frames} frames`;
  note(`Pixel cache: ${count} ${what} at ${cacheSizePx} px, ${mebibytes} MiB of disk.`);
  const lost = await buildPixelCache({
    directory: cacheDirectory,
    ...squares,
    images: cacheImagesOf(project.catalogue),
    suspects,
    signal,
    onProgress: (done, total) => tell({ kind: 'decodeProgressed', done, total }),
    onNote: note,
  });
  const cache = openPixelCache(cacheDirectory, cacheSizePx);
  try {
    await project.catalogue.recordImageProblems(cache.problems());
    await project.catalogue.forgetImageProblems((id) => hasSound(cache, id));
  } finally {
    cache.close();
  }
  await setMissing(
    project.database,
    lost.map(({ id }) => id),
    true,
  );
  if (lost.length > 0) note(lostNote(lost));
  for (const message of await awayNotes(project)) note(message);
  return { cache: { cacheDirectory, cacheSizePx }, lost };
}

function cacheImagesOf(catalogue: Pick<Catalogue, 'eachImage'>): CacheImages {
  async function* each(options: { readonly ids?: Int32Array }) {
    for await (const image of catalogue.eachImage(options)) yield cacheImage(image);
  }
  return { all: () => each({}), of: (ids) => each({ ids }) };
}

/** An image that is in no set may be in a shard that was not verified. */
function hasSound(cache: PixelCache, imageId: number): boolean {
  try {
    return cache.has(imageId);
  } catch (error) {
    if (error instanceof StoredDataDamaged) return false;
    throw error;
  }
}

const LOST_BECAUSE: Readonly<Record<Obstacle, (count: number) => string>> = {
  gone: (count) => `${count} ${count === 1 ? 'is' : 'are'} gone`,
  replaced: (count) =>
    `${count} ${count === 1 ? 'has' : 'have'} changed since ${count === 1 ? 'it was' : 'they were'} added`,
  forbidden: (count) => `${count} may not be read`,
  unreachable: (count) => `${count} cannot be read now`,
  machine: (count) => `${count} cannot be decoded now, for lack of memory`,
};

function lostNote(lost: readonly LostImage[]): string {
  const counts = Object.entries(LOST_BECAUSE).flatMap(([obstacle, words]) => {
    const count = lost.filter((image) => image.obstacle === obstacle).length;
    return count === 0 ? [] : [words(count)];
  });
  const images = lost.length === 1 ? '1 image is missing' : `${lost.length} images are missing`;
  return `${images} (${counts.join(', ')}): left out until back; add the folder again to look at what is there now.`;
}

/** Everything needed has been decoded, so that the work continues, but the user should know. */
async function awayNotes({ database }: Project): Promise<string[]> {
  const notes: string[] = [];
  for (const { folder } of await presentSources(database)) {
    const place = sourcePlace(folder);
    const why = await place.whyAway();
    if (why !== undefined) notes.push(`${place.title} ${why}: its images are read from the pixel cache.`);
  }
  return notes;
}
