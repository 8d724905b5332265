/**
 * One picture exactly as a network of the project's recipe sees it in labelling and evaluation: from the pixel cache if
 * it is there, or else decoded as the cache would do it.
 */
import { existsSync } from 'node:fs';
import type { ImageFile } from '../catalogue/image-paths.ts';
import type { Project } from '../catalogue/project.ts';
import { centreSquare } from '../images/centre-square.ts';
import { decodeSample } from '../images/clips/decode-sample.ts';
import { decodeSquare, type OpenBytes } from '../images/decode.ts';
import { openBytes } from '../images/open-bytes.ts';
import { openPixelCache } from '../images/pixel-cache.ts';
import { cachedShape, pixelCacheName, type Squares } from '../images/squares.ts';
import { sampleLength, sampleShape } from '../sample-shape.ts';
import { framesShown } from '../training/frames-shown.ts';
import { lastRecipe } from './kept-recipe.ts';
import { cacheImage } from './locate-image.ts';
import { projectSquares } from './project-squares.ts';
import { automaticSizePx } from './resolve-recipe.ts';
import { startPreprocessing } from './resolved-start.ts';
import { startsOf } from './starts-of.ts';

export interface NetworkView {
  /** [size, size, 3] row-major, or for a clip [size, frames · size, 3]: its frames side by side. */
  readonly pixels: Uint8Array;
  readonly sizePx: number;
  /** 1 for a picture. */
  readonly frames: number;
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
  const { locator } = cacheImage(image);
  const decoded = async () =>
    squares.frames === undefined
      ? await decodeSquare(locator, squares.sizePx, open, squares.filter)
      : await decodeSample(locator, squares);
  const pixels = cached ?? (await decoded());
  return { ...framesSeen(project, pixels, squares, sizePx), sizePx, from: cached ? 'cache' : 'file' };
}

function framesSeen({ clipFrames }: Project, pixels: Uint8Array, squares: Squares, sizePx: number) {
  const cached = sampleShape(squares.sizePx, squares.frames);
  const { first, count } = framesShown(cached, sampleShape(sizePx, clipFrames));
  const strip = new Uint8Array(3 * count * sizePx ** 2);
  const [frameBytes, row] = [3 * squares.sizePx ** 2, 3 * sizePx];
  for (let frame = 0; frame < count; frame++) {
    const own = pixels.subarray((first + frame) * frameBytes, (first + frame + 1) * frameBytes);
    const square = centreSquare(own, squares.sizePx, sizePx);
    for (let y = 0; y < sizePx; y++) strip.set(square.subarray(y * row, (y + 1) * row), (y * count + frame) * row);
  }
  return { pixels: strip, frames: count };
}

/** Whether its pixels are in the cache for the project's recipe. Throws `RecipeUnreadable`. */
export async function isCached(project: Project, image: ImageFile): Promise<boolean> {
  return cachedPixels(project, image, (await shownByRecipe(project)).squares) !== undefined;
}

/** The student's preprocessing; if it does not start from brought weights but the teacher does, the teacher's. */
async function shownByRecipe(project: Project): Promise<{ sizePx: number; squares: Squares }> {
  const recipe = await lastRecipe(project);
  // Preprocessing does not depend on the actual classes.
  const starts = await startsOf(project, recipe, ['', '-']);
  const sizePx =
    recipe.imageSizePx === 'auto'
      ? automaticSizePx(recipe, {
          ...{ medianImageSizePx: await project.catalogue.medianImageSizePx(), classes: 2, starts },
          clipFrames: project.clipFrames,
        })
      : recipe.imageSizePx;
  const start = starts.student ?? starts.teacher;
  return { sizePx, squares: projectSquares(project, sizePx, start && startPreprocessing(start, sizePx)) };
}

/** Only for this version of the file, and pixels as the present decoder produces them. */
function cachedPixels(project: Project, image: ImageFile, squares: Squares): Uint8Array | undefined {
  const directory = project.path('cache', pixelCacheName(squares));
  const decodedPx = squares.sizePx;
  if (!existsSync(directory)) return undefined;
  const cache = openPixelCache(directory, decodedPx);
  try {
    if (!cache.hasCurrent(cacheImage(image))) return undefined;
    const pixels = new Uint8Array(sampleLength(cachedShape(directory, decodedPx)));
    cache.read(image.id, pixels, 0);
    return pixels;
  } finally {
    cache.close();
  }
}
