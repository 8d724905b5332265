/**
 * Random access to the bytes of a zip for yauzl. A damaged zip may ask for positions outside the file, where reading a
 * descriptor throws: this returns an error instead. The caller opens and closes the file.
 */
import { RandomAccessReader } from 'yauzl';

/** Reads bytes from `position` on into the buffer, and resolves with the number read. */
type ReadInto = (buffer: Buffer, offset: number, length: number, position: number) => Promise<number>;

export class ZipBytes extends RandomAccessReader {
  readonly #fileBytes: number;
  readonly #readInto: ReadInto;
  readonly #cutShort: () => Error;

  /** `cutShort` makes the error for a read beyond the end of the file. */
  constructor(fileBytes: number, readInto: ReadInto, cutShort: () => Error) {
    super();
    this.#fileBytes = fileBytes;
    this.#readInto = readInto;
    this.#cutShort = cutShort;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    done: (error: Error | null) => void,
  ): void {
    if (!(position >= 0 && position + length <= this.#fileBytes)) {
      done(this.#cutShort());
      return;
    }
    this.#readInto(buffer, offset, length, position).then(
      (bytes) => done(bytes === length ? null : this.#cutShort()),
      (error: Error) => done(error),
    );
  }

  override close(done: (error: Error | null) => void): void {
    done(null);
  }
}
