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

/** An image that is open: bytes at any place of it. */
export interface OpenImage {
  /** Which version it is; its `bytes` are its length. */
  readonly version: FileVersion;
  /** A 63-bit integer: the same for every path and link to the file that it lies in. */
  readonly fileId: string;
  /** Fewer bytes than asked for where the image ends. Throws `ImageUnreachable`. */
  read(offset: number, length: number): Promise<Buffer>;
}

/** What each kind of place can do. */
export interface ImageStore<Locator extends ImageLocator> {
  /** What `work` gives, which has the image open; throws what `work` throws, or `ImageUnreachable`. */
  withOpen<T>(image: Locator, work: (open: OpenImage) => Promise<T>): Promise<T>;
  /** What a person knows it by. */
  nameOf(image: Locator): string;
  /** What has to answer for any image of its kind to be there: a folder, an archive. */
  placeOf(image: Locator): Place;
}

type Stores = { readonly [Kind in ImageLocator['kind']]: ImageStore<Extract<ImageLocator, { kind: Kind }>> };

const stores: Stores = { file: fileStore };

/** For whoever needs parts of it alone, such as its header. Throws what `work` throws, or `ImageUnreachable`. */
export async function withOpenImage<T>(image: ImageLocator, work: (open: OpenImage) => Promise<T>): Promise<T> {
  return await stores[image.kind].withOpen(image, work);
}

export function imageName(image: ImageLocator): string {
  return stores[image.kind].nameOf(image);
}

export function placeOf(image: ImageLocator): Place {
  return stores[image.kind].placeOf(image);
}

/** A file that belongs to no source, by its path alone. */
export function fileAt(path: string): FileLocator {
  return { kind: 'file', folder: dirname(path), relativePath: basename(path) };
}
