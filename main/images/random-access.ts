/** Bytes at any place of a file, so that headers can be read without the rest of it. */
import type { OpenImage } from './image-locator.ts';

export interface RandomAccess {
  readonly length: number;
  /** Fewer bytes than asked for where the file ends. */
  read(offset: number, length: number): Promise<Buffer>;
}

export function inMemory(file: Buffer): RandomAccess {
  return {
    length: file.length,
    read: async (offset, length) => file.subarray(offset, offset + length),
  };
}

/** `start` is what was read of it already. */
export function inStore(image: OpenImage, start: Buffer): RandomAccess {
  return {
    length: image.version.bytes,
    read: async (offset, length) =>
      offset + length <= start.length ? start.subarray(offset, offset + length) : await image.read(offset, length),
  };
}
