/** What is in an archive, entry after entry in the order in which it is written, without a byte of it written anywhere. */
import type { OpenImage } from './image-locator.ts';

export interface ArchiveEntry {
  readonly kind: 'entry';
  /** As it is written there; parts are separated by `/`. */
  readonly name: string;
  readonly bytes: number;
  readonly offset: number;
  readonly storedBytes: number;
  readonly isDeflated: boolean;
  /** Where the archive says it. */
  readonly checksum?: number;
}

export type ArchivePart =
  | ArchiveEntry
  /** An entry that cannot be one of the images, or whatever else a person should know: the end of a sentence that begins with it. */
  | { readonly kind: 'problem'; readonly name: string; readonly reason: string }
  /** Nothing behind it can be read: the end of a sentence that begins with the archive. */
  | { readonly kind: 'damage'; readonly reason: string };

export type ArchiveReader = (file: OpenImage) => AsyncGenerator<ArchivePart, void>;

const WINDOW_BYTES = 2 ** 20;

/** Reads ahead, for whoever goes through a file from its beginning to its end. */
export class Window {
  readonly #file: OpenImage;
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;

  constructor(file: OpenImage) {
    this.#file = file;
  }

  /** Fewer bytes than asked for where the file ends. */
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
