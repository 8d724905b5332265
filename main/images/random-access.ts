/** Random access to a file's bytes, so that headers can be read without the rest. */
import type { OpenImage } from './image-locator.ts';

export interface RandomAccess {
  readonly length: number;
  /** Returns fewer bytes at the end of the file. */
  read(offset: number, length: number): Promise<Buffer>;
}

export function inMemory(file: Buffer): RandomAccess {
  return {
    length: file.length,
    read: async (offset, length) => file.subarray(offset, offset + length),
  };
}

/** `start` is the part already read. */
export function inStore(image: OpenImage, start: Buffer): RandomAccess {
  return {
    length: image.version.bytes,
    read: async (offset, length) =>
      offset + length <= start.length ? start.subarray(offset, offset + length) : await image.read(offset, length),
  };
}
