/**
 * Where an image's bytes lie, as plain data that crosses threads. Everything that reads an image takes one and asks for its
 * bytes here: the decoder never opens a path itself, so that what the operating system refuses is known from what is damaged.
 * A file, a folder of frames, an object of an object storage, or an entry of an archive, which is a file or an object.
 */
import { basename, dirname } from 'node:path';
import { isObjectAddress } from '../object-address.ts';
import { frameStore } from './clips/frame-folder.ts';
import { entryStore } from './entry-store.ts';
import { fileStore } from './file-store.ts';
import { objectStore } from './object-store.ts';
import type { Place } from './place.ts';

/** An image as it was when it was scanned. */
export interface FileVersion {
  readonly bytes: number;
  /** Of an entry of an archive, which has no time that can be relied on, the CRC-32 of its bytes; of an object a number of its ETag. */
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

/** An object of an S3-compatible storage. */
export interface ObjectLocator {
  readonly kind: 'object';
  /** The source's address: s3://bucket/prefix. */
  readonly folder: string;
  /** Parts are separated by `/`. */
  readonly relativePath: string;
  /** Other bytes are not this image. Absent: whatever is there. */
  readonly version?: FileVersion | undefined;
}

/** Bytes of an archive, which is read at that place alone and never unpacked. */
export interface EntryLocator {
  readonly kind: 'entry';
  /** What has to be there for the archive to be: a source's folder, or the archive itself where that is the source. Absolute. */
  readonly folder: string;
  /** The archive's path in it; empty where the source is the archive. */
  readonly archive: string;
  /** Begins with the archive's. */
  readonly relativePath: string;
  readonly offset: number;
  readonly storedBytes: number;
  /** Compressed by itself (RFC 1951), as most entries of a zip are. */
  readonly isDeflated: boolean;
  /** Other bytes are not this image. */
  readonly version: FileVersion;
}

/** A clip whose frames are the pictures of a folder. */
export interface FramesLocator {
  readonly kind: 'frames';
  /** A source's folder. Absolute. */
  readonly folder: string;
  /** Ends with `/`. */
  readonly relativePath: string;
  readonly version?: FileVersion | undefined;
}

export type ImageLocator = FileLocator | ObjectLocator | EntryLocator | FramesLocator;

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

const stores: Stores = { file: fileStore, object: objectStore, entry: entryStore, frames: frameStore };

/** For whoever needs parts of it alone, such as its header. Throws what `work` throws, or `ImageUnreachable`. */
export async function withOpenImage<T>(image: ImageLocator, work: (open: OpenImage) => Promise<T>): Promise<T> {
  return await storeOf(image).withOpen(image, work);
}

export function imageName(image: ImageLocator): string {
  return storeOf(image).nameOf(image);
}

export function placeOf(image: ImageLocator): Place {
  return storeOf(image).placeOf(image);
}

/** The table's types say that each store is given locators of its own kind. */
function storeOf(image: ImageLocator): ImageStore<ImageLocator> {
  return stores[image.kind] as ImageStore<ImageLocator>;
}

/** Of a source's folder, or of its address in a storage. A path that ends with `/` is of a folder of frames. */
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
