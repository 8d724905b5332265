/**
 * Where an image's bytes lie, as plain data that crosses threads. Everything that reads an image takes one and asks for its
 * bytes here: the decoder never opens a path itself, so that what the operating system refuses is known from what is damaged.
 * A file today; an entry of an archive or of an object store is another `kind` with a row in the table.
 */
import { basename, dirname } from 'node:path';
import { fileStore } from './file-store.ts';

/** A file as it was when it was scanned. */
export interface FileVersion {
  readonly bytes: number;
  readonly modifiedMs: number;
}

export interface FileLocator {
  readonly kind: 'file';
  /** What has to be there for the file to be: a source's folder. Absolute. */
  readonly folder: string;
  /** Parts are separated by `/`. */
  readonly relativePath: string;
  /** Another version of the file is not this image. Absent: whatever is there. */
  readonly version?: FileVersion | undefined;
}

export type ImageLocator = FileLocator;

/** What each kind of place can do. */
export interface ImageStore<Locator extends ImageLocator> {
  /** Throws `ImageUnreachable`, or `ImageUnreadable` for what no decoder could take (too large). */
  openBytes(locator: Locator): Promise<Buffer>;
  /** What a person knows the image by. */
  nameOf(locator: Locator): string;
  /** What has to answer for any image of this place to be there: a folder, an archive. */
  placeOf(locator: Locator): string;
  /** Whether it answers. */
  isThere(locator: Locator): Promise<boolean>;
}

type Stores = { readonly [Kind in ImageLocator['kind']]: ImageStore<Extract<ImageLocator, { kind: Kind }>> };

const stores: Stores = { file: fileStore };

export function openBytes(locator: ImageLocator): Promise<Buffer> {
  return stores[locator.kind].openBytes(locator);
}

/** A file that belongs to no source, by its path alone. */
export function fileAt(path: string): FileLocator {
  return { kind: 'file', folder: dirname(path), relativePath: basename(path) };
}
