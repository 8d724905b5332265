/** What still has to be decoded for the pixel caches that a run reads. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { countUsableImages } from '../catalogue/images/usable-images.ts';
import type { Project } from '../catalogue/project.ts';
import { pixelCacheBytes } from '../images/pixel-cache.ts';
import { pixelCacheName, type Squares } from '../images/squares.ts';

export interface MissingPixels {
  readonly sizePx: number;
  readonly images: number;
  readonly bytes: number;
}

/** Judged by file sizes: nothing is opened, whatever the size of the collection. */
export async function missingPixels(project: Project, squares: Squares): Promise<MissingPixels> {
  const { sizePx } = squares;
  const images = await countUsableImages(project.database);
  const directory = project.path('cache', pixelCacheName(squares));
  const files = (await readdir(directory).catch(() => [])).filter((name) => name.endsWith('.rgb'));
  const sizes = await Promise.all(files.map(async (name) => (await stat(join(directory, name))).size));
  const bytes = Math.max(0, pixelCacheBytes(images, squares) - sizes.reduce((sum, size) => sum + size, 0));
  return { sizePx, images: Math.ceil(bytes / pixelCacheBytes(1, squares)), bytes };
}
