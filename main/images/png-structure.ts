/**
 * Checks whether a PNG's chunks are complete: none is truncated, and the end chunk is there. PNG specification, section
 * 5. Decodes no pixels.
 */
import { ImageUnreadable } from './image-failures.ts';

const SIGNATURE_BYTES = 8;
/** Length and type before a chunk's data, the checksum after it. */
const AROUND_DATA_BYTES = 12;

/** Whether the end chunk is there. Throws `ImageUnreadable` if the file ends within a chunk. */
export function pngIsEnded(file: Buffer): boolean {
  for (let offset = SIGNATURE_BYTES; offset < file.length; ) {
    if (offset + AROUND_DATA_BYTES > file.length) throw new ImageUnreadable('the file is cut short');
    const type = file.toString('latin1', offset + 4, offset + 8);
    if (type === 'IEND') return true;
    offset += AROUND_DATA_BYTES + file.readUInt32BE(offset);
    if (offset > file.length) throw new ImageUnreadable('the file is cut short');
  }
  return false;
}
