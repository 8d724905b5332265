/**
 * Finds images that are near-copies of one another: those with near hashes (hash-classes.ts) and similar colours
 * (colour-tree.ts). Images with the same hash form one class, however many they are, so that hashes are compared only
 * once.
 */
import { setImmediate } from 'node:timers/promises';
import { at } from '../at.ts';
import { DisjointSets } from '../disjoint-sets.ts';
import { ColourTree, type Sought } from './colour-tree.ts';
import { HashClasses } from './hash-classes.ts';
import { Fingerprints, halvesOf, MOST_APART, SUMS, sumCells } from './near-fingerprints.ts';

/** A growing set of images that can be queried for near-copies of another image. */
export class NearDuplicateIndex {
  readonly #images = new NearImages();

  add(fingerprint: Uint8Array): void {
    const image = this.#images.add(fingerprint);
    this.#images.insert(image, soughtOf(fingerprint, NOTHING_KNOWN));
  }

  has(fingerprint: Uint8Array): boolean {
    return this.#images.find(soughtOf(fingerprint, NOTHING_KNOWN), () => true);
  }
}

/** Yields to other work after this much time. */
const MOST_AT_ONCE_MS = 20;

/** Images in groups: near-copies of near-copies belong to the same group. */
export class NearDuplicateGroups {
  readonly #images = new NearImages();
  readonly #ids: number[] = [];
  readonly #sets = new DisjointSets();

  /** Each id must be added only once. */
  add(id: number, fingerprint: Uint8Array): void {
    const image = this.#images.add(fingerprint);
    this.#ids.push(id);
    this.#sets.add();
    const sought = this.#soughtOf(image, fingerprint);
    let joined = false;
    this.#images.findAmongOwn(sought, (other) => {
      this.#sets.join(image, other);
      joined = true;
      return false;
    });
    if (joined) this.#images.insertInto(image, sought);
    else this.#images.insert(image, sought);
  }

  /**
   * Groups of at least two, the largest first, ids ascending. Images with different hashes are compared now, hash by
   * hash.
   */
  async groups(): Promise<number[][]> {
    let since = performance.now();
    for (const [one, other] of this.#images.nearHashes()) {
      this.#join(one, other);
      if (performance.now() - since < MOST_AT_ONCE_MS) continue;
      await setImmediate();
      since = performance.now();
    }
    return this.#sets.groups(this.#ids);
  }

  #join(one: OfOneHash, other: OfOneHash): void {
    if (one.images.length > other.images.length) {
      this.#join(other, one);
      return;
    }
    if (one.isApart && other.isApart) {
      this.#images.eachNear(one, other, (a, b) => this.#sets.join(a, b));
      return;
    }
    for (const image of one.images) {
      const [a, b] = [one.tree.one, other.tree.one];
      if (a !== undefined && b !== undefined && this.#sets.areOne(a, b)) return;
      const sought = this.#soughtOf(image, this.#images.print(image));
      other.tree.find(sought, (near) => {
        this.#sets.join(image, near);
        return false;
      });
    }
  }

  #soughtOf(image: number, print: Uint8Array): Sought {
    return soughtOf(print, {
      isOf: (other) => this.#sets.areOne(image, other),
      areOne: (a, b) => this.#sets.areOne(a, b),
    });
  }
}

type Known = Pick<Sought, 'isOf' | 'areOne'>;

const NOTHING_KNOWN: Known = { isOf: () => false, areOne: () => false };

function soughtOf(print: Uint8Array, known: Known): Sought {
  const sums = new Int32Array(SUMS);
  sumCells(print, sums);
  return { print, sums, ...known };
}

/** All images with the same hash. */
interface OfOneHash {
  readonly tree: ColourTree;
  readonly images: number[];
  /** No two of them are near each other. */
  isApart: boolean;
  /** Its index in the common order. */
  first: number;
}

interface InOrder {
  readonly images: Int32Array;
  readonly sums: Int32Array;
  readonly prints: Fingerprints;
}

class NearImages {
  readonly #prints = new Fingerprints();
  readonly #hashes = new HashClasses();
  /** Indexed by the number of the hash. */
  readonly #classes: OfOneHash[] = [];
  /** The brightness steps of their images, as a bit mask. */
  readonly #steps: number[] = [];
  #count = 0;
  #ordered: InOrder | undefined;

  /** Returns its number; it can only be found after it was inserted. */
  add(fingerprint: Uint8Array): number {
    this.#count++;
    return this.#prints.add(fingerprint);
  }

  print(image: number): Uint8Array {
    return this.#prints.of(image);
  }

  /**
   * Reports near images, at least one of each group not known to be the sought image's, until `onNear` returns true;
   * returns whether it did.
   */
  find(sought: Sought, onNear: (image: number) => boolean): boolean {
    // Where a copy is most likely.
    if (this.findAmongOwn(sought, onNear)) return true;
    const [first, second] = halvesOf(sought.print);
    const own = this.#hashes.find(first, second);
    const wanted = stepsAround(at(sought.sums, 0));
    for (const near of this.#hashes.near(first, second)) {
      // Most classes have no image of about that brightness.
      if (((this.#steps[near] as number) & wanted) === 0 || near === own) continue;
      if ((this.#classes[near] as OfOneHash).tree.find(sought, onNear)) return true;
    }
    return false;
  }

  /** The same among the images with its own hash. */
  findAmongOwn(sought: Sought, onNear: (image: number) => boolean): boolean {
    const own = this.#hashes.find(...halvesOf(sought.print));
    return own !== undefined && at(this.#classes, own).tree.find(sought, onNear);
  }

  /** Each pair of near hashes, once. */
  *nearHashes(): Generator<readonly [OfOneHash, OfOneHash]> {
    for (const [number, one] of this.#classes.entries()) {
      for (const other of this.#hashes.nearAfter(number)) yield [one, at(this.#classes, other)];
    }
  }

  /**
   * Each pair of images of two hashes with similar colours; complete only if no two images with the same hash are near
   * each other.
   */
  eachNear(one: OfOneHash, other: OfOneHash, onNear: (a: number, b: number) => void): void {
    const { images, sums, prints } = this.#inOrder();
    let first = other.first;
    const end = first + other.images.length;
    for (let place = one.first; place < one.first + one.images.length; place++) {
      const sum = sums[place] as number;
      while (first < end && (sums[first] as number) < sum - MOST_APART) first++;
      for (let near = first; near < end && (sums[near] as number) <= sum + MOST_APART; near++) {
        if (prints.areColoursNear(place, near)) onNear(images[place] as number, images[near] as number);
      }
    }
  }

  /** All images ordered by hash, then by the sum of their colours, so that compared images are adjacent in memory. */
  #inOrder(): InOrder {
    if (this.#ordered?.images.length === this.#count) return this.#ordered;
    const ordered = {
      images: new Int32Array(this.#count),
      sums: new Int32Array(this.#count),
      prints: new Fingerprints(),
    };
    const sumsOf = new Int32Array(SUMS);
    let place = 0;
    for (const one of this.#classes) {
      one.first = place;
      const own = one.images.map((image) => {
        sumCells(this.#prints.of(image), sumsOf);
        return { image, sum: at(sumsOf, 0) };
      });
      for (const { image, sum } of own.sort((a, b) => a.sum - b.sum || a.image - b.image)) {
        ordered.images[place] = image;
        ordered.sums[place++] = sum;
        ordered.prints.add(this.#prints.of(image));
      }
    }
    this.#ordered = ordered;
    return ordered;
  }

  /** Inserts an image that is in no group yet. */
  insert(image: number, { print, sums }: Sought): void {
    this.#classOf(image, print, sums).tree.insert(image, sums);
  }

  /** Inserts an image of a group that others may belong to. */
  insertInto(image: number, sought: Sought): void {
    const own = this.#classOf(image, sought.print, sought.sums);
    own.tree.insertInto(image, sought);
    own.isApart = false;
  }

  /** Adds the image to the class of its hash, and returns the class. */
  #classOf(image: number, print: Uint8Array, sums: Int32Array): OfOneHash {
    const number = this.#hashes.add(...halvesOf(print));
    const step = 1 << stepOf(at(sums, 0));
    const known = this.#classes[number];
    if (known) {
      this.#steps[number] = at(this.#steps, number) | step;
      known.images.push(image);
      return known;
    }
    const own: OfOneHash = { tree: new ColourTree(this.#prints), images: [image], isApart: true, first: 0 };
    this.#steps.push(step);
    this.#classes.push(own);
    return own;
  }
}

/** One of 32 steps of brightness: images more than one step apart are not copies. */
function stepOf(sum: number): number {
  return Math.floor(sum / (MOST_APART + 1));
}

function stepsAround(sum: number): number {
  const step = stepOf(sum);
  return (1 << step) | (step > 0 ? 1 << (step - 1) : 0) | (step < 31 ? 1 << (step + 1) : 0);
}
