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
import { openPixelCache, pixelCacheName, type Squares } from '../images/pixel-cache.ts';
import { squaresFor } from '../training/image-reader.ts';
import { lastRecipe } from './kept-recipe.ts';
import { cacheImage } from './locate-image.ts';
import { automaticSizePx } from './resolve-recipe.ts';
import { startPreprocessing } from './resolved-start.ts';
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
  const { sizePx, squares } = await shownByRecipe(project);
  const cached = cachedPixels(project, image, squares);
  const pixels = cached ?? (await decodeSquare(cacheImage(image).locator, squares.sizePx, open, squares.filter));
  return { pixels: centreSquare(pixels, squares.sizePx, sizePx), sizePx, from: cached ? 'cache' : 'file' };
}

/** Whether its pixels are in the cache for the project's recipe. Throws `RecipeUnreadable`. */
export async function isCached(project: Project, image: ImageFile): Promise<boolean> {
  return cachedPixels(project, image, (await shownByRecipe(project)).squares) !== undefined;
}

/** How the student is shown pictures; where it begins from nothing that was brought, how a teacher is that does. */
async function shownByRecipe(project: Project): Promise<{ sizePx: number; squares: Squares }> {
  const recipe = await lastRecipe(project);
  // Which classes there are says nothing of how pictures are shown.
  const starts = await startsOf(project, recipe, ['', '-']);
  const sizePx =
    recipe.imageSizePx === 'auto'
      ? automaticSizePx(recipe, { medianImageSizePx: await project.catalogue.medianImageSizePx(), classes: 2, starts })
      : recipe.imageSizePx;
  const start = starts.student ?? starts.teacher;
  return { sizePx, squares: squaresFor(sizePx, start && startPreprocessing(start, sizePx)) };
}

/** Of this version of the file, as the decoder makes them now. */
function cachedPixels(project: Project, image: ImageFile, squares: Squares): Uint8Array | undefined {
  const directory = project.path('cache', pixelCacheName(squares));
  const decodedPx = squares.sizePx;
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
