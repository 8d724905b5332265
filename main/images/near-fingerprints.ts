/** When two fingerprints are those of near-copies, and necessary conditions that need only parts of them. */
import { IdSet } from '../id-set.ts';
import { FINGERPRINT_BYTES } from './fingerprint.ts';

/**
 * The largest distance between copies: differing bits of the hash, the mean difference of the colour cells in levels,
 * and the difference of any one cell. The latter is a quarter of what the cells of a picture range over: a small thing
 * on a flat background fills few cells, and another thing in its place changes only those.
 */
export const MOST_BITS = 3;
const MOST_MEAN_LEVELS = 8;
const CELL_SHARE = 1 / 4;
/** At least what all cells may differ by, as in a brighter copy. */
const LEAST_TOLERANCE = MOST_MEAN_LEVELS;
const MOST_TOLERANCE = 3 * MOST_MEAN_LEVELS;

export const HASH_BYTES = 8;
export const HASH_BITS = 8 * HASH_BYTES;
const COLOUR_BYTES = FINGERPRINT_BYTES - HASH_BYTES;
export const CHANNELS = 3;
/** The largest difference between near-copies of any sum over colour cells. */
export const MOST_APART = MOST_MEAN_LEVELS * COLOUR_BYTES;
/**
 * One more than the number of bits in which copies may differ: they agree in at least one of this many parts of the
 * hash.
 */
export const BANDS = MOST_BITS + 1;

/** A symmetric relation. */
export function areNearDuplicates(a: Uint8Array, b: Uint8Array): boolean {
  return (
    areHashesNear(halfOf(a, 0) ^ halfOf(b, 0), halfOf(a, 4) ^ halfOf(b, 4)) &&
    areColoursNear(a, 0, toleranceOf(a), b, 0)
  );
}

/** Takes the differing bits of both halves. */
export function areHashesNear(firstHalf: number, secondHalf: number): boolean {
  const bits = bitsSet(firstHalf);
  return bits <= MOST_BITS && bits + bitsSet(secondHalf) <= MOST_BITS;
}

/** The most levels by which a cell of this picture may differ in a copy. `print` starts at `offset`. */
export function toleranceOf(print: Uint8Array, offset = 0): number {
  let range = 0;
  for (let channel = 0; channel < CHANNELS; channel++) {
    let [least, most] = [255, 0];
    for (let cell = HASH_BYTES + channel; cell < FINGERPRINT_BYTES; cell += CHANNELS) {
      const value = print[offset + cell] as number;
      if (value < least) least = value;
      if (value > most) most = value;
    }
    range = Math.max(range, most - least);
  }
  return Math.max(LEAST_TOLERANCE, Math.min(MOST_TOLERANCE, Math.floor(CELL_SHARE * range)));
}

/**
 * Compares the fingerprints that start at `a` in the one array and at `b` in the other. @param tolerance that of the one
 */
function areColoursNear(one: Uint8Array, a: number, tolerance: number, other: Uint8Array, b: number): boolean {
  let [levels, most] = [0, 0];
  for (let cell = HASH_BYTES; cell < FINGERPRINT_BYTES; cell++) {
    const apart = Math.abs((one[a + cell] as number) - (other[b + cell] as number));
    if (apart > tolerance) return false;
    if (apart > most) most = apart;
    levels += apart;
  }
  // Most pictures are not copies, so that the other's tolerance is rarely needed.
  return levels <= MOST_APART && (most <= LEAST_TOLERANCE || most <= toleranceOf(other, b));
}

function halfOf(print: Uint8Array, first: number): number {
  return (
    ((print[first] as number) << 24) |
    ((print[first + 1] as number) << 16) |
    ((print[first + 2] as number) << 8) |
    (print[first + 3] as number)
  );
}

function bitsSet(bits: number): number {
  const pairs = bits - ((bits >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The sets of colour cells that are summed: by channel, and by position in the four by four grid. */
const SUMMED: readonly ((channel: number, row: number, column: number) => boolean)[] = [
  () => true,
  (channel) => channel === 0,
  (channel) => channel === 1,
  (channel) => channel === 2,
  (_, row, column) => row % 3 > 0 && column % 3 > 0,
  (_, row) => row < 2,
  (_, __, column) => column < 2,
];
export const SUMS = SUMMED.length;
/** For each colour byte, the sums that it belongs to. */
const SUMS_OF_CELL = Array.from({ length: COLOUR_BYTES }, (_, byte) => {
  const [cell, channel] = [Math.floor(byte / CHANNELS), byte % CHANNELS];
  return SUMMED.flatMap((isOf, sum) => (isOf(channel, Math.floor(cell / 4), cell % 4) ? [sum] : []));
});
const CELLS_OF_SUM = SUMMED.map((_, sum) => SUMS_OF_CELL.filter((sums) => sums.includes(sum)).length);

/** The largest difference of this sum between a picture with this tolerance and its copies. */
export function reachOf(sum: number, tolerance: number): number {
  return Math.min(MOST_APART, (CELLS_OF_SUM[sum] as number) * tolerance);
}

/** The two halves of its hash. */
export function halvesOf(print: Uint8Array): readonly [number, number] {
  return [halfOf(print, 0), halfOf(print, 4)];
}

/** Writes the sums into `sums`. */
export function sumCells(print: Uint8Array, sums: Int32Array): void {
  sums.fill(0);
  for (let byte = 0; byte < COLOUR_BYTES; byte++) {
    const value = print[HASH_BYTES + byte] as number;
    for (const sum of SUMS_OF_CELL[byte] as readonly number[]) sums[sum] = (sums[sum] as number) + value;
  }
}

/** The sum of all colour cells: the first of the sums. */
export function brightnessOf(print: Uint8Array): number {
  let sum = 0;
  for (let byte = HASH_BYTES; byte < FINGERPRINT_BYTES; byte++) sum += print[byte] as number;
  return sum;
}

/** A block holds this many fingerprints: 0.9 MB. */
const BLOCK_BITS = 14;
const BLOCK = 2 ** BLOCK_BITS;

/** Fingerprints by number from 0, in blocks: growing copies nothing, and no array limits their number. */
export class Fingerprints {
  readonly #blocks: Uint8Array[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Returns its number. */
  add(fingerprint: Uint8Array): number {
    if (this.#count === BLOCK * this.#blocks.length) this.#blocks.push(new Uint8Array(FINGERPRINT_BYTES * BLOCK));
    this.#set(this.#count, fingerprint);
    return this.#count++;
  }

  of(image: number): Uint8Array {
    const first = offsetOf(image);
    return this.#blockOf(image).subarray(first, first + FINGERPRINT_BYTES);
  }

  areColoursNear(image: number, other: number): boolean {
    const [own, offset] = [this.#blockOf(image), offsetOf(image)];
    const [theirs, otherOffset] = [this.#blockOf(other), offsetOf(other)];
    // Most pictures that are compared are no copies, which the widest tolerance tells sooner than a picture's own is known.
    return (
      areColoursNear(own, offset, MOST_TOLERANCE, theirs, otherOffset) &&
      areColoursNear(own, offset, toleranceOf(own, offset), theirs, otherOffset)
    );
  }

  /** @param tolerance that of `print` */
  hasColoursNear(image: number, print: Uint8Array, tolerance: number): boolean {
    return areColoursNear(print, 0, tolerance, this.#blockOf(image), offsetOf(image));
  }

  /** Puts the fingerprint `order[place]` in each place, without a copy of them all. @param order a permutation */
  reorder(order: Int32Array): void {
    const moved = new IdSet();
    const held = new Uint8Array(FINGERPRINT_BYTES);
    for (let first = 0; first < order.length; first++) {
      if (moved.has(first)) continue;
      held.set(this.of(first));
      for (let place = first; ; ) {
        moved.add(place);
        const from = order[place] as number;
        this.#set(place, from === first ? held : this.of(from));
        if (from === first) break;
        place = from;
      }
    }
  }

  #set(image: number, fingerprint: Uint8Array): void {
    this.#blockOf(image).set(fingerprint, offsetOf(image));
  }

  #blockOf(image: number): Uint8Array {
    return this.#blocks[image >>> BLOCK_BITS] as Uint8Array;
  }
}

function offsetOf(image: number): number {
  return FINGERPRINT_BYTES * (image & (BLOCK - 1));
}
