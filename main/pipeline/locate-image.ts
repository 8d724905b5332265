/** From what the catalogue knows of an image to where its bytes are. */

import type { CacheImage } from '../images/cache-image.ts';
import { pixelRevisionOf } from '../images/image-formats.ts';
import type { ImageLocator } from '../images/image-locator.ts';

export interface LocatedFile {
  /** Of its source. */
  readonly folder: string;
  readonly relativePath: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** The version of the file that the catalogue knows, and no other. */
export function locateImage({ folder, relativePath, bytes, modifiedMs }: LocatedFile): ImageLocator {
  return { kind: 'file', folder, relativePath, version: { bytes, modifiedMs } };
}

export function cacheImage(file: LocatedFile & { readonly id: number; readonly format: string }): CacheImage {
  const { id, bytes, modifiedMs, format } = file;
  return { id, locator: locateImage(file), bytes, modifiedMs, revision: pixelRevisionOf(format) };
}
