/**
 * Finds images with similar colours among those with the same hash: a tree whose nodes split them by a sum of colour
 * cells, chosen to leave the fewest comparisons (Bentley's k-d tree, 1975). The sums of near-copies differ little, so
 * that the other side of a node is rarely searched. Images of one group are not compared with each other: a subtree
 * that contains nothing else is skipped.
 */
import { at } from '../at.ts';
import { type Fingerprints, reachOf, SUMS, sumCells, toleranceOf } from './near-fingerprints.ts';

/** Larger leaves are split. */
const MOST_IN_A_LEAF = 32;
/** The largest fraction of comparisons that a worthwhile split may leave. */
const WORTH = 0.85;
/** Words per image in a leaf: its number and the sum of its colours. */
const WORDS = 2;
const MIXED = -1;
/** Most trees contain a single image, so empty arrays are shared. Never pushed to. */
const NONE: number[] = [];
const NO_LISTS: number[][] = [];

/** The colours of an image. */
export interface Colours {
  /** Sums of its colour cells. */
  readonly sums: Int32Array;
  readonly tolerance: number;
}

export function coloursOf(print: Uint8Array): Colours {
  const sums = new Int32Array(SUMS);
  sumCells(print, sums);
  return { sums, tolerance: toleranceOf(print) };
}

/** The image searched for, and what is known about groups. */
export interface Sought extends Colours {
  readonly print: Uint8Array;
  /** Whether it is known to be in the group of `image`. */
  isOf(image: number): boolean;
  areOne(a: number, b: number): boolean;
}

interface Division {
  readonly sum: number;
  readonly above: number;
}

interface Parted extends Division {
  readonly low: ColourTree;
  readonly high: ColourTree;
}

export class ColourTree {
  readonly #prints: Fingerprints;
  #parted: Parted | undefined;
  /** One of its images, if all are known to be in one group. */
  #one = MIXED;
  #single: number[] = NONE;
  /** Lists of images, each known to be in one group. */
  #together: number[][] = NO_LISTS;
  #size = 0;
  #checkedAt = MOST_IN_A_LEAF;

  constructor(prints: Fingerprints) {
    this.#prints = prints;
  }

  /** One of its images, if all are known to be in one group. */
  get one(): number | undefined {
    return this.#one === MIXED ? undefined : this.#one;
  }

  /**
   * Reports similar images, at least one of each group not known to be the sought image's, until `onNear` returns true;
   * returns whether it did.
   */
  find(sought: Sought, onNear: (image: number) => boolean): boolean {
    if (this.#one !== MIXED && sought.isOf(this.#one)) return false;
    if (this.#parted === undefined) return this.#findHere(sought, onNear);
    const { sum, above, low, high } = this.#parted;
    const [value, reach] = [sought.sums[sum] as number, reachOf(sum, sought.tolerance)];
    if (value - reach <= above && low.find(sought, onNear)) return true;
    if (value + reach > above && high.find(sought, onNear)) return true;
    if (low.#one !== MIXED && high.#one !== MIXED && sought.areOne(low.#one, high.#one)) this.#one = low.#one;
    return false;
  }

  #findHere(sought: Sought, onNear: (image: number) => boolean): boolean {
    const { print, tolerance } = sought;
    for (const images of this.#together) {
      if (sought.isOf(at(images, 0))) continue;
      const near = images.find((image) => this.#prints.hasColoursNear(image, print, tolerance));
      if (near !== undefined && onNear(near)) return true;
    }
    const single = this.#single;
    const [sum, reach] = [sought.sums[0] as number, reachOf(0, tolerance)];
    for (let word = 0; word < single.length; word += WORDS) {
      const apart = (single[word + 1] as number) - sum;
      if (apart > reach || apart < -reach) continue;
      const image = single[word] as number;
      if (this.#prints.hasColoursNear(image, print, tolerance) && onNear(image)) return true;
    }
    return false;
  }

  /** Inserts an image that is in no group yet. */
  insert(image: number, sums: Int32Array): void {
    this.#one = MIXED;
    if (this.#parted !== undefined) {
      sideOf(this.#parted, sums).insert(image, sums);
      return;
    }
    this.#keep(image, at(sums, 0));
    this.#grown(1);
  }

  /** Inserts an image of a group that others here may belong to. */
  insertInto(image: number, sought: Sought): void {
    if (this.#one !== MIXED && !sought.isOf(this.#one)) this.#one = MIXED;
    if (this.#parted !== undefined) {
      sideOf(this.#parted, sought.sums).insertInto(image, sought);
      return;
    }
    const own = this.#together.filter((images) => sought.isOf(at(images, 0))).sort((a, b) => b.length - a.length);
    const single = this.#takeSingles((one) => sought.isOf(one));
    const [most = [], ...fewer] = own;
    for (const images of [...fewer, single, [image]]) for (const one of images) most.push(one);
    if (fewer.length > 0) this.#together = this.#together.filter((images) => !fewer.includes(images));
    if (own.length === 0) this.#addTogether(most);
    if (this.#single.length === 0 && this.#together.length === 1) this.#one = image;
    this.#grown(1);
  }

  #keep(image: number, sum: number): void {
    if (this.#single === NONE) this.#single = [image, sum];
    else this.#single.push(image, sum);
  }

  /** Removes and returns the single images for which `isTaken` is true. */
  #takeSingles(isTaken: (image: number) => boolean): number[] {
    const taken = this.#singles().filter(isTaken);
    if (taken.length > 0) {
      this.#single = this.#single.filter((_, word) => !isTaken(at(this.#single, word - (word % WORDS))));
    }
    return taken;
  }

  #singles(): number[] {
    return this.#single.filter((_, word) => word % WORDS === 0);
  }

  #grown(by: number): void {
    this.#size += by;
    if (this.#size <= this.#checkedAt) return;
    this.#checkedAt = 2 * this.#size;
    const singles = this.#singles();
    const known = new Map([...singles, ...this.#together.flat()].map((image) => [image, this.#coloursOf(image)]));
    const division = bestDivision([...known.values()]);
    if (division === undefined) return;
    const parted = { ...division, low: new ColourTree(this.#prints), high: new ColourTree(this.#prints) };
    const sumsOf = (image: number) => (known.get(image) ?? this.#coloursOf(image)).sums;
    const sideOfImage = (image: number) => sideOf(parted, sumsOf(image));
    for (const image of singles) sideOfImage(image).insert(image, sumsOf(image));
    for (const images of this.#together) {
      for (const side of [parted.low, parted.high]) side.#take(images.filter((image) => sideOfImage(image) === side));
    }
    this.#parted = parted;
    this.#single = NONE;
    this.#together = NO_LISTS;
  }

  #coloursOf(image: number): Colours {
    return coloursOf(this.#prints.of(image));
  }

  /** Takes images of one group, of which nothing is here yet. */
  #take(images: number[]): void {
    if (images.length === 0) return;
    this.#one = this.#size === 0 ? at(images, 0) : MIXED;
    this.#addTogether(images);
    this.#grown(images.length);
  }

  #addTogether(images: number[]): void {
    if (this.#together === NO_LISTS) this.#together = [images];
    else this.#together.push(images);
  }
}

function sideOf({ sum, above, low, high }: Parted, sums: Int32Array): ColourTree {
  return (sums[sum] as number) > above ? high : low;
}

/** The split that leaves the fewest comparisons for an image like these; undefined if none leaves notably fewer. */
function bestDivision(images: readonly Colours[]): Division | undefined {
  let best: Division | undefined;
  let least = WORTH * images.length;
  for (let sum = 0; sum < SUMS; sum++) {
    const sorted = Int32Array.from(images, ({ sums }) => at(sums, sum)).sort();
    const above = at(sorted, (sorted.length - 1) >> 1);
    const high = sorted.filter((value) => value > above).length / sorted.length;
    if (high === 0) continue;
    let compared = 0;
    for (const { sums, tolerance } of images) {
      const [value, reach] = [at(sums, sum), reachOf(sum, tolerance)];
      if (value + reach <= above) compared += 1 - high;
      else compared += value - reach > above ? high : 1;
    }
    if (compared >= least) continue;
    least = compared;
    best = { sum, above };
  }
  return best;
}
