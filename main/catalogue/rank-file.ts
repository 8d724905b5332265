/**
 * All scores of a labelling sorted by class, then descending, ties by image: built once from its partitions, so that
 * any part of any class's ranking is one contiguous read. First the rows of each class are counted, then each row is
 * written into its class's region, then each class is sorted separately; time grows with the rows, and memory with the
 * largest class. A class's rows are stored together, column by column: ids as doubles, scores as floats, places as
 * bytes. A sealed list holds a checksum per class.
 */
import { existsSync } from 'node:fs';
import { type FileHandle, open, readFile, rm } from 'node:fs/promises';
import { endianness } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { writeAtomically, writeTextAtomically } from '../atomic-file.ts';
import { checksumOf } from '../checksum.ts';
import { readSealed, sealed } from '../sealed-json.ts';
import { valueAt } from '../value-at.ts';
import { damageOfUnread } from '../why-unread.ts';

/** Best score first, ties in order of id. */
export interface RankedRows {
  readonly imageIds: Int32Array;
  readonly scores: Float32Array;
  /** The position of the class among the image's own classes, from 1. */
  readonly places: Uint8Array;
}

/** Rows in any order, as columns of equal length. */
export interface ScoredRows extends RankedRows {
  readonly classIds: Int32Array;
}

export interface RowCount {
  readonly classId: number;
  readonly place: number;
  readonly rows: number;
}

export class RanksDamaged extends Error {}

const RANKS = 'ranks.bin';
const LIST = 'ranks.json';
const [ID_BYTES, SCORE_BYTES, PLACE_BYTES] = [8, 4, 1];
const ROW_BYTES = ID_BYTES + SCORE_BYTES + PLACE_BYTES;
const BUFFERED_BYTES = 64 * 2 ** 20;
const MOST_BUFFERED_ROWS = 16_384;

const classSchema = z.object({
  classId: z.int().min(0),
  offset: z.int().min(0),
  rows: z.int().min(0),
  /** For each place from the first, the number of rows with the class there. */
  ofPlace: z.array(z.int().min(0)),
  checksum: z.string(),
});
const listSchema = z.object({ classes: z.array(classSchema) });
type RankedClass = Readonly<z.infer<typeof classSchema>>;

/**
 * Memory for whoever reads class after class: of ten million images, more time went into fresh memory for each class
 * than into reading it.
 */
export class RankScratch {
  #bytes = new Uint8Array();

  block(length: number): Uint8Array {
    // Some larger, since classes come in all sizes.
    if (length > this.#bytes.length) this.#bytes = new Uint8Array(Math.ceil(1.25 * length));
    return this.#bytes.subarray(0, length);
  }
}

export class RankFile {
  readonly #path: string;
  readonly #identity: string;
  readonly #classes: ReadonlyMap<number, RankedClass>;

  private constructor(path: string, identity: string, classes: readonly RankedClass[]) {
    this.#path = path;
    this.#identity = identity;
    this.#classes = new Map(classes.map((one) => [one.classId, one]));
  }

  /** Undefined if there is none, also if a repair removed it but left its list. Throws `RanksDamaged`. */
  static async open(directory: string, identity: string): Promise<RankFile | undefined> {
    if (!existsSync(join(directory, RANKS))) return undefined;
    const text = await readFile(join(directory, LIST), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw new RanksDamaged(`it cannot be read: ${error.code}`);
    });
    if (text === undefined) return undefined;
    const found = readSealed(`${identity}/${LIST}`, text, listSchema);
    if (found.kind === 'damaged') throw new RanksDamaged(found.damage);
    if (!found.proven) throw new RanksDamaged('its checksum is missing');
    return new RankFile(join(directory, RANKS), identity, found.value.classes);
  }

  /** Removes ranks that are no longer valid. */
  static async remove(directory: string): Promise<void> {
    for (const name of [LIST, RANKS]) await rm(join(directory, name), { force: true });
  }

  static path(directory: string): string {
    return join(directory, RANKS);
  }

  /** @param rows all rows, in any order; their number per class and place must match `counts` */
  static async write(
    directory: string,
    identity: string,
    counts: readonly RowCount[],
    rows: AsyncIterable<ScoredRows>,
  ): Promise<void> {
    if (endianness() !== 'LE') throw new Error('ranks are stored in little-endian byte order');
    await rm(join(directory, LIST), { force: true });
    const layout = layoutOf(counts);
    const classes: RankedClass[] = [];
    await writeAtomically(join(directory, RANKS), async (file) => {
      await scatter(file, layout, rows);
      const scratch = new RankScratch();
      for (const one of layout) {
        const block = await blockAt(file, one, scratch.block(one.rows * ROW_BYTES));
        sortRows(columnsIn(block, one.rows));
        await writeWhole(file, block, one.offset);
        classes.push({ ...one, checksum: checksumOf(identityOf(identity, one.classId), block) });
      }
    });
    await writeTextAtomically(join(directory, LIST), `${sealed(`${identity}/${LIST}`, { classes })}\n`);
  }

  /** In order of id. */
  get classIds(): readonly number[] {
    return [...this.#classes.keys()];
  }

  /** For each place from the first, the number of images with the class there; empty if it has no row. */
  ofPlace(classId: number): readonly number[] {
    return this.#classes.get(classId)?.ofPlace ?? [];
  }

  /** All rows of a class; in `scratch`, until it is used again, if one is given. Throws `RanksDamaged`. */
  async read(classId: number, scratch?: RankScratch): Promise<RankedRows> {
    const known = this.#classes.get(classId);
    if (!known) return { imageIds: new Int32Array(), scores: new Float32Array(), places: new Uint8Array() };
    const block = await this.#block(known, scratch ?? new RankScratch());
    if (checksumOf(identityOf(this.#identity, classId), block) !== known.checksum)
      throw new RanksDamaged('its checksum does not match');
    const { ids, scores, places } = columnsIn(block, known.rows);
    // In place: a row's 32 bits never lie beyond its 64.
    const imageIds = new Int32Array(block.buffer, block.byteOffset, known.rows);
    for (let row = 0; row < known.rows; row++) {
      const id = ids[row] as number;
      const short = id | 0;
      if (short !== id) throw new RangeError(`${id} is not a 32-bit id`);
      imageIds[row] = short;
    }
    // Copies, so that the larger block can be freed.
    return scratch
      ? { imageIds, scores, places }
      : { imageIds: imageIds.slice(), scores: scores.slice(), places: places.slice() };
  }

  async #block(known: RankedClass, scratch: RankScratch): Promise<Uint8Array> {
    try {
      const file = await open(this.#path);
      try {
        return await blockAt(file, known, scratch.block(known.rows * ROW_BYTES));
      } finally {
        await file.close();
      }
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
      if (code === undefined) throw error;
      throw new RanksDamaged(damageOfUnread(code));
    }
  }
}

function identityOf(identity: string, classId: number): string {
  return `${identity}/${RANKS}/${classId}`;
}

type Place = Omit<RankedClass, 'checksum'>;

function layoutOf(counts: readonly RowCount[]): readonly Place[] {
  const ofPlace = new Map<number, number[]>();
  for (const { classId, place, rows } of counts) {
    const known = ofPlace.get(classId) ?? [];
    while (known.length < place) known.push(0);
    known[place - 1] = rows;
    ofPlace.set(classId, known);
  }
  let offset = 0;
  return [...ofPlace.keys()]
    .sort((a, b) => a - b)
    .map((classId) => {
      const own = valueAt(ofPlace, classId);
      const rows = own.reduce((sum, count) => sum + count, 0);
      const place = { classId, offset, rows, ofPlace: own };
      // Doubles must be aligned to their size.
      offset += Math.ceil((rows * ROW_BYTES) / ID_BYTES) * ID_BYTES;
      return place;
    });
}

interface Columns {
  readonly ids: Float64Array;
  readonly scores: Float32Array;
  readonly places: Uint8Array;
}

function columnsIn({ buffer, byteOffset }: Uint8Array, rows: number): Columns {
  return {
    ids: new Float64Array(buffer, byteOffset, rows),
    scores: new Float32Array(buffer, byteOffset + rows * ID_BYTES, rows),
    places: new Uint8Array(buffer, byteOffset + rows * (ID_BYTES + SCORE_BYTES), rows),
  };
}

/** Rows of one class waiting to be written to the file. */
interface Waiting extends Columns {
  readonly place: Place;
  filled: number;
  written: number;
}

/** Writes each row into its class's region, in order of arrival. */
async function scatter(file: FileHandle, layout: readonly Place[], rows: AsyncIterable<ScoredRows>): Promise<void> {
  const fitting = Math.floor(BUFFERED_BYTES / ROW_BYTES / Math.max(1, layout.length));
  const held = Math.max(64, Math.min(MOST_BUFFERED_ROWS, fitting));
  const waiting = new Map(
    layout.map((place): [number, Waiting] => {
      const count = Math.min(held, place.rows);
      return [
        place.classId,
        {
          ...{ place, filled: 0, written: 0 },
          ids: new Float64Array(count),
          scores: new Float32Array(count),
          places: new Uint8Array(count),
        },
      ];
    }),
  );
  for await (const { classIds, imageIds, scores, places } of rows) {
    for (let row = 0; row < classIds.length; row++) {
      const own = valueAt(waiting, classIds[row] as number);
      own.ids[own.filled] = imageIds[row] as number;
      own.scores[own.filled] = scores[row] as number;
      own.places[own.filled] = places[row] as number;
      if (++own.filled === own.ids.length) await write(file, own);
    }
  }
  for (const own of waiting.values()) if (own.filled > 0) await write(file, own);
  for (const { place, written } of waiting.values()) {
    if (written !== place.rows) throw new Error(`${place.rows} rows were expected, but there are ${written}`);
  }
}

async function write(file: FileHandle, own: Waiting): Promise<void> {
  const { place, filled, written } = own;
  if (written + filled > place.rows) throw new Error(`${place.rows} rows were expected, but there are more`);
  let offset = place.offset;
  for (const column of [own.ids, own.scores, own.places]) {
    const bytes = column.BYTES_PER_ELEMENT;
    await writeWhole(file, new Uint8Array(column.buffer, 0, filled * bytes), offset + written * bytes);
    offset += place.rows * bytes;
  }
  own.written += filled;
  own.filled = 0;
}

/** Ties are in order of id. */
function sortRows({ ids, scores, places }: Columns): void {
  const order = inOrder(ids, descendingKeys(scores));
  for (const column of [ids, scores, places]) {
    const before = column.slice();
    for (let row = 0; row < order.length; row++) column[row] = before[order[row] as number] as number;
  }
}

/** The places of rows sorted by key; equal keys in order of id. */
export function inOrder(ids: Float64Array | Int32Array, keys: Uint32Array): Uint32Array {
  const order = sequence(ids.length);
  if (!isAscending(ids)) order.sort((a, b) => (ids[a] as number) - (ids[b] as number));
  return byKey(order, keys);
}

function sequence(length: number): Uint32Array {
  const numbers = new Uint32Array(length);
  for (let index = 0; index < length; index++) numbers[index] = index;
  return numbers;
}

function isAscending(values: Float64Array | Int32Array): boolean {
  for (let row = 1; row < values.length; row++) if ((values[row] as number) < (values[row - 1] as number)) return false;
  return true;
}

/** Keys that sort scores in descending order: the bits of a float sort like its value, apart from the sign. */
export function descendingKeys(scores: Float32Array): Uint32Array {
  const positive = new Float32Array(scores.length);
  // Turns −0 into 0.
  for (let row = 0; row < scores.length; row++) positive[row] = (scores[row] as number) + 0;
  const keys = new Uint32Array(positive.buffer);
  for (let row = 0; row < keys.length; row++) {
    const bits = keys[row] as number;
    keys[row] = bits >>> 31 ? bits : ~(bits | 0x80000000);
  }
  return keys;
}

const [DIGITS, DIGIT_BITS] = [4, 8];

/** Radix sort from the lowest digit; stable. */
function byKey(order: Uint32Array, keys: Uint32Array): Uint32Array {
  let [from, to]: [Uint32Array, Uint32Array] = [order, new Uint32Array(order.length)];
  const begins = new Uint32Array(2 ** DIGIT_BITS + 1);
  for (let digit = 0; digit < DIGITS; digit++) {
    const shift = digit * DIGIT_BITS;
    begins.fill(0);
    for (let row = 0; row < keys.length; row++) {
      const next = (((keys[row] as number) >>> shift) & 255) + 1;
      begins[next] = (begins[next] as number) + 1;
    }
    for (let value = 1; value < begins.length; value++)
      begins[value] = (begins[value] as number) + (begins[value - 1] as number);
    for (let row = 0; row < from.length; row++) {
      const own = from[row] as number;
      const value = ((keys[own] as number) >>> shift) & 255;
      const place = begins[value] as number;
      to[place] = own;
      begins[value] = place + 1;
    }
    [from, to] = [to, from];
  }
  return from;
}

async function blockAt(file: FileHandle, { offset }: Pick<Place, 'offset'>, block: Uint8Array): Promise<Uint8Array> {
  for (let done = 0; done < block.length; ) {
    const { bytesRead } = await file.read(block, done, block.length - done, offset + done);
    if (bytesRead === 0) throw new RanksDamaged('it is cut short');
    done += bytesRead;
  }
  return block;
}

async function writeWhole(file: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, offset + done);
    done += bytesWritten;
  }
}
