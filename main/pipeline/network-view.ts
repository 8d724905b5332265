/**
 * One picture exactly as a network of the project's recipe sees it in labelling and evaluation: out of the pixel cache where
 * it is there, or else decoded as the cache would do it.
 */
import { existsSync } from 'node:fs';
import type { ImageFile } from '../catalogue/image-paths.ts';
import type { Project } from '../catalogue/project.ts';
import { centreSquare } from '../images/centre-square.ts';
import { decodeSquare, type OpenBytes } from '../images/decode.ts';
import { openBytes } from '../images/open-bytes.ts';
import { openPixelCache, pixelCacheName } from '../images/pixel-cache.ts';
import { decodedSizePx } from '../training/image-reader.ts';
import { lastRecipe } from './kept-recipe.ts';
import { cacheImage } from './locate-image.ts';
import { automaticSizePx } from './resolve-recipe.ts';
import { startsOf } from './starts-of.ts';

export interface NetworkView {
  /** [size, size, 3] row-major. */
  readonly pixels: Uint8Array;
  readonly sizePx: number;
  readonly from: 'cache' | 'file';
}

/** Throws `ImageUnreadable`, `ImageUnreachable` or `RecipeUnreadable`. */
export async function networkView(
  project: Project,
  image: ImageFile,
  open: OpenBytes = openBytes,
): Promise<NetworkView> {
  const sizePx = await recipeImageSizePx(project);
  const decodedPx = decodedSizePx(sizePx);
  const cached = cachedPixels(project, image, decodedPx);
  const pixels = cached ?? (await decodeSquare(cacheImage(image).locator, decodedPx, open));
  return { pixels: centreSquare(pixels, decodedPx, sizePx), sizePx, from: cached ? 'cache' : 'file' };
}

/** Whether its pixels are in the cache for the project's recipe. Throws `RecipeUnreadable`. */
export async function isCached(project: Project, image: ImageFile): Promise<boolean> {
  return cachedPixels(project, image, decodedSizePx(await recipeImageSizePx(project))) !== undefined;
}

async function recipeImageSizePx(project: Project): Promise<number> {
  const recipe = await lastRecipe(project);
  if (recipe.imageSizePx !== 'auto') return recipe.imageSizePx;
  const medianImageSizePx = await project.catalogue.medianImageSizePx();
  // Which classes there are says nothing of the size.
  return automaticSizePx(recipe, { medianImageSizePx, classes: 2, starts: await startsOf(project, recipe, ['', '-']) });
}

/** Of this version of the file, as the decoder makes them now. */
function cachedPixels(project: Project, image: ImageFile, decodedPx: number): Uint8Array | undefined {
  const directory = project.path('cache', pixelCacheName({ sizePx: decodedPx, filter: 'linear' }));
  if (!existsSync(directory)) return undefined;
  const cache = openPixelCache(directory, decodedPx);
  try {
    if (!cache.hasCurrent(cacheImage(image))) return undefined;
    const pixels = new Uint8Array(3 * decodedPx ** 2);
    cache.read(image.id, pixels, 0);
    return pixels;
  } finally {
    cache.close();
  }
}
