/** File names as text. A file system stores bytes, which need not be valid text. */
import { isUtf8 } from 'node:buffer';
import { at } from '../at.ts';

export interface FileName {
  readonly name: string;
  /**
   * The name is not valid text: its invalid bytes are written out, as in `lat\xE9`, and the result is not a usable
   * path.
   */
  readonly isForeign: boolean;
}

export function fileName(raw: Buffer): FileName {
  return isUtf8(raw) ? { name: raw.toString(), isForeign: false } : { name: written(raw), isForeign: true };
}

/** Writes invalid UTF-8 bytes as `\xE9`. */
function written(raw: Buffer): string {
  let text = '';
  for (let start = 0; start < raw.length; ) {
    const length = [1, 2, 3, 4].find(
      (count) => start + count <= raw.length && isUtf8(raw.subarray(start, start + count)),
    );
    text += length
      ? raw.toString('utf8', start, start + length)
      : `\\x${at(raw, start).toString(16).toUpperCase().padStart(2, '0')}`;
    start += length ?? 1;
  }
  return text;
}
