/** The entries of an archive, in the order in which they are stored, without unpacking anything. */
import type { OpenImage } from './image-locator.ts';

export interface ArchiveEntry {
  readonly kind: 'entry';
  /** As stored; path components are separated by `/`. */
  readonly name: string;
  readonly bytes: number;
  readonly offset: number;
  readonly storedBytes: number;
  readonly isDeflated: boolean;
  /** Present if the archive records it. */
  readonly checksum?: number;
}

export type ArchivePart =
  | ArchiveEntry
  /** An entry that cannot be an image, or anything else the user should know: phrased to follow its name. */
  | { readonly kind: 'problem'; readonly name: string; readonly reason: string }
  /** Nothing after it can be read: phrased to follow the archive's name. */
  | { readonly kind: 'damage'; readonly reason: string };

export type ArchiveReader = (file: OpenImage) => AsyncGenerator<ArchivePart, void>;

const WINDOW_BYTES = 2 ** 20;

/** A read-ahead buffer for sequential access. */
export class Window {
  readonly #file: OpenImage;
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;

  constructor(file: OpenImage) {
    this.#file = file;
  }

  /** Returns fewer bytes at the end of the file. */
  async read(offset: number, length: number): Promise<Buffer> {
    if (length > WINDOW_BYTES) return await this.#file.read(offset, length);
    const place = offset - this.#start;
    if (place < 0 || place + length > this.#bytes.length) {
      this.#bytes = await this.#file.read(offset, Math.max(length, WINDOW_BYTES));
      this.#start = offset;
      return this.#bytes.subarray(0, length);
    }
    return this.#bytes.subarray(place, place + length);
  }
}
