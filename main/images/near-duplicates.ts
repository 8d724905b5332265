/**
 * Finds the images that are near-copies of one another. Two hashes of 64 bits at most 3 bits apart agree in at least one of
 * four bands (multi-index hashing, Norouzi et al., 2012), so that only images that share a band are compared. Pictures on
 * flat backgrounds share bands by the thousand: a bucket that grows fat is divided in the same way by the bits that are left,
 * or by colour where the hashes are alike, and images that are in one group already are not compared again.
 */
import { at } from '../at.ts';
import { DisjointSets } from '../disjoint-sets.ts';
import { FINGERPRINT_BYTES } from './fingerprint.ts';

/** The largest distance of two copies: bits of the hash, and the mean difference of the colour cells in levels. */
const MOST_BITS = 3;
const MOST_COLOUR_LEVELS = 8;

const HASH_BYTES = 8;
const COLOUR_BYTES = FINGERPRINT_BYTES - HASH_BYTES;
const MOST_COLOUR_SUM = MOST_COLOUR_LEVELS * COLOUR_BYTES;
/** One more than the bits that two copies may differ in. */
const BANDS = MOST_BITS + 1;
/** A bucket is divided beyond so many images. */
const MOST_IN_A_BUCKET = 256;

/** A growing set of images, of which can be asked whether it has a near-copy of another one. */
export class NearDuplicateIndex {
  readonly #prints = new Fingerprints();
  readonly #root = new Bucket(this.#prints, ANYHOW);

  add(fingerprint: Uint8Array): void {
    this.#root.insert(this.#prints.add(fingerprint));
  }

  has(fingerprint: Uint8Array): boolean {
    return this.#root.find(new Sought(fingerprint), () => true);
  }
}

/** Images in groups: near-copies of near-copies are in one. */
export class NearDuplicateGroups {
  readonly #prints = new Fingerprints();
  readonly #root = new Bucket(this.#prints, ANYHOW);
  readonly #ids: number[] = [];
  readonly #sets = new DisjointSets();

  /** Ids come once each. */
  add(id: number, fingerprint: Uint8Array): void {
    const image = this.#prints.add(fingerprint);
    this.#ids.push(id);
    this.#sets.add();
    let joined = false;
    const onNear = (other: number) => {
      this.#sets.join(image, other);
      joined = true;
      return false;
    };
    this.#root.find(new Sought(fingerprint), onNear, (other) => this.#sets.areOne(image, other));
    if (joined) this.#root.insertInto(image, (other) => this.#sets.areOne(image, other));
    else this.#root.insert(image);
  }

  /** Groups of at least two, the largest first, ids in order. */
  groups(): number[][] {
    return this.#sets.groups(this.#ids);
  }
}

export function areNearDuplicates(a: Uint8Array, b: Uint8Array): boolean {
  return areHashesNear(halfOf(a, 0) ^ halfOf(b, 0), halfOf(a, 4) ^ halfOf(b, 4)) && areColoursNear(a, 0, b);
}

/** By the bits of both halves that differ. */
function areHashesNear(firstHalf: number, secondHalf: number): boolean {
  const bits = bitsSet(firstHalf);
  return bits <= MOST_BITS && bits + bitsSet(secondHalf) <= MOST_BITS;
}

/** `all` has the one fingerprint from `first` on. */
function areColoursNear(all: Uint8Array, first: number, print: Uint8Array): boolean {
  let levels = 0;
  for (let i = HASH_BYTES; i < FINGERPRINT_BYTES && levels <= MOST_COLOUR_SUM; i++) {
    levels += Math.abs((all[first + i] as number) - (print[i] as number));
  }
  return levels <= MOST_COLOUR_SUM;
}

/** A fingerprint that others are compared with. */
class Sought {
  readonly print: Uint8Array;
  readonly firstHalf: number;
  readonly secondHalf: number;

  constructor(print: Uint8Array) {
    this.print = print;
    this.firstHalf = halfOf(print, 0);
    this.secondHalf = halfOf(print, 4);
  }
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

/** One after the other, by their numbers from 0. */
class Fingerprints {
  #prints = new Uint8Array(FINGERPRINT_BYTES * 1024);
  /** The hashes once more, two halves each. */
  #hashes = new Int32Array(2 * 1024);
  #count = 0;

  add(fingerprint: Uint8Array): number {
    if (this.#hashes.length === 2 * this.#count) {
      this.#prints = grown(this.#prints, new Uint8Array(2 * this.#prints.length));
      this.#hashes = grown(this.#hashes, new Int32Array(2 * this.#hashes.length));
    }
    this.#prints.set(fingerprint, FINGERPRINT_BYTES * this.#count);
    this.#hashes[2 * this.#count] = halfOf(fingerprint, 0);
    this.#hashes[2 * this.#count + 1] = halfOf(fingerprint, 4);
    return this.#count++;
  }

  of(image: number): Uint8Array {
    return this.#prints.subarray(FINGERPRINT_BYTES * image, FINGERPRINT_BYTES * (image + 1));
  }

  isNear(image: number, { print, firstHalf, secondHalf }: Sought): boolean {
    const hashes = this.#hashes;
    if (!areHashesNear((hashes[2 * image] as number) ^ firstHalf, (hashes[2 * image + 1] as number) ^ secondHalf)) {
      return false;
    }
    return areColoursNear(this.#prints, FINGERPRINT_BYTES * image, print);
  }
}

function grown<T extends Uint8Array | Int32Array>(before: T, larger: T): T {
  larger.set(before);
  return larger;
}

/** Positions in the hash, from 0 to 63. */
type Bits = readonly number[];
const ANYHOW: Divisible = {
  bits: Array.from({ length: 8 * HASH_BYTES }, (_, bit) => bit),
  byColour: true,
  byBrightness: true,
};

/** How a fat bucket is divided: an image lies in each part that `own` names, and its near-copies in one that `near` names. */
interface Division {
  own(fingerprint: Uint8Array): readonly number[];
  near(fingerprint: Uint8Array): readonly number[];
  partOf(key: number): Divisible;
}

/** By what images can still be told apart. */
interface Divisible {
  readonly bits: Bits;
  readonly byColour: boolean;
  readonly byBrightness: boolean;
}

/** Images among which a near-copy may be; `bits` are those in which they may differ. */
class Bucket {
  readonly #prints: Fingerprints;
  readonly #by: Divisible;
  #single: number[] = [];
  /** Of each list all are of one group: where it is known that the sought one is too, none is compared. */
  #together: number[][] = [];
  #size = 0;
  #checkedAt = MOST_IN_A_BUCKET;
  #division: Division | undefined;
  readonly #parts = new Map<number, Bucket>();

  constructor(prints: Fingerprints, by: Divisible) {
    this.#prints = prints;
    this.#by = by;
    // Nobody looks for all images at once.
    if (by === ANYHOW) this.#division = bandsOf(by);
  }

  /**
   * Tells of near-copies, of each group of which `isKnown` says nothing of at least one, until `onNear` is true; gives that
   * back.
   */
  find(sought: Sought, onNear: (image: number) => boolean, isKnown?: (image: number) => boolean): boolean {
    if (this.#division !== undefined) {
      for (const key of this.#division.near(sought.print)) {
        if (this.#parts.get(key)?.find(sought, onNear, isKnown)) return true;
      }
      return false;
    }
    for (const images of this.#together) {
      if (isKnown?.(at(images, 0))) continue;
      const near = images.find((image) => this.#prints.isNear(image, sought));
      if (near !== undefined && onNear(near)) return true;
    }
    for (const image of this.#single) if (this.#prints.isNear(image, sought) && onNear(image)) return true;
    return false;
  }

  /** An image that is of no other's group. */
  insert(image: number): void {
    this.#into(
      image,
      (part) => part.insert(image),
      () => this.#single.push(image),
    );
  }

  /** An image that is of the group of those of which `isOne` is true. */
  insertInto(image: number, isOne: (image: number) => boolean): void {
    this.#into(
      image,
      (part) => part.insertInto(image, isOne),
      () => {
        const own = this.#together.filter((images) => isOne(at(images, 0))).sort((a, b) => b.length - a.length);
        const single = this.#single.filter(isOne);
        const [most = [], ...fewer] = own;
        for (const images of [...fewer, single, [image]]) for (const one of images) most.push(one);
        if (single.length > 0) this.#single = this.#single.filter((one) => !isOne(one));
        if (fewer.length > 0) this.#together = this.#together.filter((images) => !fewer.includes(images));
        if (own.length === 0) this.#together.push(most);
      },
    );
  }

  #into(image: number, intoPart: (part: Bucket) => void, keep: () => void): void {
    if (this.#division !== undefined) {
      for (const key of this.#division.own(this.#prints.of(image))) intoPart(this.#partAt(key, this.#division));
      return;
    }
    keep();
    this.#size++;
    if (this.#size <= this.#checkedAt) return;
    this.#checkedAt = 2 * this.#size;
    this.#division = this.#divisionOfFat();
    if (this.#division !== undefined) this.#divide(this.#division);
  }

  #divide(division: Division): void {
    const [single, together] = [this.#single, this.#together];
    this.#single = [];
    this.#together = [];
    for (const image of single) this.insert(image);
    for (const images of together) {
      const byPart = new Map<number, number[]>();
      for (const image of images) {
        for (const key of division.own(this.#prints.of(image))) {
          const own = byPart.get(key);
          if (own) own.push(image);
          else byPart.set(key, [image]);
        }
      }
      for (const [key, own] of byPart) this.#partAt(key, division).#take(own);
    }
  }

  /** Of one group, of which nothing is in this bucket. */
  #take(images: number[]): void {
    this.#together.push(images);
    this.#size += images.length;
  }

  /** By hash or by colour, whichever leaves fewer to compare with; undefined where neither leaves less than half. */
  #divisionOfFat(): Division | undefined {
    const prints = [...this.#single, ...this.#together.flat()].map((image) => this.#prints.of(image));
    const compared = (division: Division) => {
      const sizes = new Map<number, number>();
      for (const print of prints) for (const key of division.own(print)) sizes.set(key, (sizes.get(key) ?? 0) + 1);
      let all = 0;
      for (const print of prints) for (const key of division.near(print)) all += sizes.get(key) ?? 0;
      return all / prints.length;
    };
    const divisions = [
      ...(this.#by.bits.length >= BANDS ? [bandsOf(this.#by)] : []),
      ...(this.#by.byColour ? [coloursOf(this.#by)] : []),
      ...(this.#by.byBrightness ? [brightnessOf(this.#by)] : []),
    ].map((division) => ({ division, compared: compared(division) }));
    const [best] = divisions.sort((a, b) => a.compared - b.compared);
    return best && best.compared <= prints.length / 2 ? best.division : undefined;
  }

  #partAt(key: number, division: Division): Bucket {
    const known = this.#parts.get(key);
    if (known) return known;
    const part = new Bucket(this.#prints, division.partOf(key));
    this.#parts.set(key, part);
    return part;
  }
}

/** A quarter of the bits each; a part is left with the others. Near-copies agree in at least one. */
function bandsOf(by: Divisible): Division {
  const { bits } = by;
  const bands = Array.from({ length: BANDS }, (_, band) =>
    bits.slice(Math.floor((band * bits.length) / BANDS), Math.floor(((band + 1) * bits.length) / BANDS)),
  );
  const rest = bands.map((band) => bits.filter((bit) => !band.includes(bit)));
  const keys = (fingerprint: Uint8Array) =>
    bands.map((band, index) => {
      let key = index;
      for (const bit of band) key = 2 * key + (((fingerprint[bit >> 3] as number) >> (7 - (bit & 7))) & 1);
      // Of every band in numbers of its own, whatever its width.
      return BANDS * key + index;
    });
  return { own: keys, near: keys, partOf: (key) => ({ ...by, bits: at(rest, key % BANDS) }) };
}

/** Sums of red, green and blue in steps as wide as near-copies may be apart in any of them. */
const STEPS = Math.floor((255 * COLOUR_BYTES) / 3 / (MOST_COLOUR_SUM + 1)) + 3;
const AROUND = [-1, 0, 1].flatMap((r) => [-1, 0, 1].flatMap((g) => [-1, 0, 1].map((b) => (r * STEPS + g) * STEPS + b)));

function coloursOf(by: Divisible): Division {
  const keyOf = (fingerprint: Uint8Array) => {
    const sums = [0, 0, 0];
    for (let i = HASH_BYTES; i < FINGERPRINT_BYTES; i++) {
      const channel = (i - HASH_BYTES) % 3;
      sums[channel] = (sums[channel] as number) + (fingerprint[i] as number);
    }
    // From 1, so that what is around lies in the same numbering.
    return sums.reduce((key, sum) => key * STEPS + 1 + Math.floor(sum / (MOST_COLOUR_SUM + 1)), 0);
  };
  return {
    own: (fingerprint) => [keyOf(fingerprint)],
    near: (fingerprint) => {
      const key = keyOf(fingerprint);
      return AROUND.map((step) => key + step);
    },
    partOf: () => ({ ...by, byColour: false }),
  };
}

/** By the sum of all colour cells, in steps as wide as near-copies may be apart: grey pictures differ in nothing else. */
function brightnessOf(by: Divisible): Division {
  const keyOf = (fingerprint: Uint8Array) => {
    let sum = 0;
    for (let i = HASH_BYTES; i < FINGERPRINT_BYTES; i++) sum += fingerprint[i] as number;
    return Math.floor(sum / (MOST_COLOUR_SUM + 1));
  };
  return {
    own: (fingerprint) => [keyOf(fingerprint)],
    near: (fingerprint) => {
      const key = keyOf(fingerprint);
      return [key - 1, key, key + 1];
    },
    partOf: () => ({ ...by, byBrightness: false }),
  };
}
