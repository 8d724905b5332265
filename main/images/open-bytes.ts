/** All bytes of an image, for the decoder. */
import { ImageUnreachable, ImageUnreadable } from './image-failures.ts';
import { type ImageLocator, type OpenImage, withOpenImage } from './image-locator.ts';

/** The decoder's limit for a buffer. */
const MOST_BYTES = 2 ** 31 - 1;

/** Throws `ImageUnreachable`, or `ImageUnreadable` for an image too large for any decoder. */
export async function openBytes(image: ImageLocator): Promise<Buffer> {
  return await withOpenImage(image, readWhole);
}

export async function readWhole({ version, read }: OpenImage): Promise<Buffer> {
  if (version.bytes > MOST_BYTES) throw new ImageUnreadable('the file is larger than 2 GiB');
  const bytes = await read(0, version.bytes);
  if (bytes.length < version.bytes) throw new ImageUnreachable('replaced', 'the file became shorter while it was read');
  return bytes;
}
