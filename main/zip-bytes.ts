/**
 * The bytes of a zip for yauzl. Answers also what a damaged one asks for: places outside the file, at which reading a descriptor
 * throws. The file is its opener's, who closes it.
 */
import { RandomAccessReader } from 'yauzl';

/** Puts bytes from `position` on into the buffer, and gives how many there were. */
type ReadInto = (buffer: Buffer, offset: number, length: number, position: number) => Promise<number>;

export class ZipBytes extends RandomAccessReader {
  readonly #fileBytes: number;
  readonly #readInto: ReadInto;
  readonly #cutShort: () => Error;

  /** `cutShort` is what a read fails with that the file has no bytes for. */
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
