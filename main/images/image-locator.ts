/**
 * Where an image's bytes lie, as plain data that crosses threads. Everything that reads an image takes one and asks for its
 * bytes here: the decoder never opens a path itself, so that what the operating system refuses is known from what is damaged.
 * A file today; an entry of an archive or of an object store is another `kind` with a row in the table.
 */
import { basename, dirname } from 'node:path';
import { fileStore } from './file-store.ts';
import type { Place } from './place.ts';

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

/** The beginning of an image's bytes, and which version of it they are. */
export interface ImageStart {
  /** All of it when the image is no larger than was asked for. */
  readonly bytes: Buffer;
  readonly version: FileVersion;
}

/** What each kind of place can do. Reading throws `ImageUnreachable`, and `ImageUnreadable` for what is too large for any decoder. */
export interface ImageStore<Locator extends ImageLocator> {
  openBytes(image: Locator): Promise<Buffer>;
  openStart(image: Locator, mostBytes: number): Promise<ImageStart>;
  /** What has to answer for any image of its kind to be there: a folder, an archive. */
  placeOf(image: Locator): Place;
}

type Stores = { readonly [Kind in ImageLocator['kind']]: ImageStore<Extract<ImageLocator, { kind: Kind }>> };

const stores: Stores = { file: fileStore };

export async function openBytes(image: ImageLocator): Promise<Buffer> {
  return await stores[image.kind].openBytes(image);
}

export async function openStart(image: ImageLocator, mostBytes: number): Promise<ImageStart> {
  return await stores[image.kind].openStart(image, mostBytes);
}

export function placeOf(image: ImageLocator): Place {
  return stores[image.kind].placeOf(image);
}

/** A file that belongs to no source, by its path alone. */
export function fileAt(path: string): FileLocator {
  return { kind: 'file', folder: dirname(path), relativePath: basename(path) };
}
