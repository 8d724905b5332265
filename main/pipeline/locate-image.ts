/** From the catalogue's knowledge of an image to the location of its bytes. */

import type { ImageFile, PlacedImage } from '../catalogue/image-paths.ts';
import type { CacheImage } from '../images/cache-image.ts';
import { pixelRevisionOf } from '../images/image-formats.ts';
import { fileIn, type ImageLocator } from '../images/image-locator.ts';

/** Locates exactly the version that the catalogue knows. */
export function locateImage({ folder, relativePath, bytes, modifiedMs, entry }: PlacedImage): ImageLocator {
  const version = { bytes, modifiedMs };
  if (!entry) return fileIn(folder, relativePath, version);
  return { kind: 'entry', folder, relativePath, ...entry, version };
}

export function cacheImage(file: ImageFile): CacheImage {
  const { id, bytes, modifiedMs, format } = file;
  return { id, locator: locateImage(file), bytes, modifiedMs, revision: pixelRevisionOf(format) };
}
