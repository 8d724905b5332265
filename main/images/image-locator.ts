/**
 * Where an image's bytes are, as plain data that can be passed between threads. All code that reads an image takes a
 * locator and gets its bytes here: the decoder never opens a path itself, so that refusals of the operating system are
 * distinguished from damage. A file, a folder of frames, an object of an object storage, or an entry of an archive,
 * which is itself a file or an object.
 */
import { basename, dirname } from 'node:path';
import { isObjectAddress } from '../object-address.ts';
import { frameStore } from './clips/frame-folder.ts';
import { entryStore } from './entry-store.ts';
import { fileStore } from './file-store.ts';
import { objectStore } from './object-store.ts';
import type { Place } from './place.ts';

/** The version of an image at the time of the scan. */
export interface FileVersion {
  readonly bytes: number;
  /**
   * For an entry of an archive, which has no reliable time, the CRC-32 of its bytes; for an object, a number derived
   * from its ETag.
   */
  readonly modifiedMs: number;
}

export interface FileLocator {
  readonly kind: 'file';
  /** The folder that must exist for the file to exist: the source's. Absolute. */
  readonly folder: string;
  /** Path components are separated by `/`. */
  readonly relativePath: string;
  /** Any other version of the file is not this image. Absent: any version. */
  readonly version?: FileVersion | undefined;
}

/** An object of an S3-compatible storage. */
export interface ObjectLocator {
  readonly kind: 'object';
  /** The source's address: s3://bucket/prefix. */
  readonly folder: string;
  /** Path components are separated by `/`. */
  readonly relativePath: string;
  /** Other bytes are not this image. Absent: any version. */
  readonly version?: FileVersion | undefined;
}

/** Bytes of an archive, which is read only at that position and never unpacked. */
export interface EntryLocator {
  readonly kind: 'entry';
  /**
   * What must exist for the archive to exist: the source's folder, or the archive itself if that is the source.
   * Absolute.
   */
  readonly folder: string;
  /** The archive's path in the folder; empty if the source is the archive. */
  readonly archive: string;
  /** Starts with the archive's path. */
  readonly relativePath: string;
  readonly offset: number;
  readonly storedBytes: number;
  /** Compressed individually (RFC 1951), as most entries of a zip are. */
  readonly isDeflated: boolean;
  /** Other bytes are not this image. */
  readonly version: FileVersion;
}

/** A clip whose frames are the pictures of a folder. */
export interface FramesLocator {
  readonly kind: 'frames';
  /** The source's folder. Absolute. */
  readonly folder: string;
  /** Ends with `/`. */
  readonly relativePath: string;
  readonly version?: FileVersion | undefined;
}

export type ImageLocator = FileLocator | ObjectLocator | EntryLocator | FramesLocator;

/** An open image, with random access to its bytes. */
export interface OpenImage {
  /** Its version; `bytes` is its length. */
  readonly version: FileVersion;
  /** A 63-bit integer: the same for every path and link to the file that contains it. */
  readonly fileId: string;
  /** Returns fewer bytes at the end of the image. Throws `ImageUnreachable`. */
  read(offset: number, length: number): Promise<Buffer>;
}

/** The operations of each kind of place. */
export interface ImageStore<Locator extends ImageLocator> {
  /**
   * Opens the image for the duration of `work` and returns its result; throws what `work` throws, or
   * `ImageUnreachable`.
   */
  withOpen<T>(image: Locator, work: (open: OpenImage) => Promise<T>): Promise<T>;
  /** Its name for display. */
  nameOf(image: Locator): string;
  /** What must respond for images of its kind to be available: a folder, an archive. */
  placeOf(image: Locator): Place;
}

type Stores = { readonly [Kind in ImageLocator['kind']]: ImageStore<Extract<ImageLocator, { kind: Kind }>> };

const stores: Stores = { file: fileStore, object: objectStore, entry: entryStore, frames: frameStore };

/** For code that needs only parts of it, such as its header. Throws what `work` throws, or `ImageUnreachable`. */
export async function withOpenImage<T>(image: ImageLocator, work: (open: OpenImage) => Promise<T>): Promise<T> {
  return await storeOf(image).withOpen(image, work);
}

export function imageName(image: ImageLocator): string {
  return storeOf(image).nameOf(image);
}

export function placeOf(image: ImageLocator): Place {
  return storeOf(image).placeOf(image);
}

/** The table's type guarantees that each store gets locators of its own kind. */
function storeOf(image: ImageLocator): ImageStore<ImageLocator> {
  return stores[image.kind] as ImageStore<ImageLocator>;
}

/** A file below a source's folder or storage address. A path that ends with `/` is a folder of frames. */
export function fileIn(
  folder: string,
  relativePath: string,
  version?: FileVersion,
): FileLocator | ObjectLocator | FramesLocator {
  const kind = isObjectAddress(folder) ? 'object' : relativePath.endsWith('/') ? 'frames' : 'file';
  return { kind, folder, relativePath, version };
}

/** A file that belongs to no source, by its path alone. */
export function fileAt(path: string): FileLocator {
  return { kind: 'file', folder: dirname(path), relativePath: basename(path) };
}
