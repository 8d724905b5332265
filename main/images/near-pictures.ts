/**
 * Which of many pictures are near-copies of one another, all compared at once: those with near hashes (near-hashes.ts)
 * and similar colours. Pictures with the same hash form one class, however many they are, so that hashes are compared
 * only once; a large class finds similar colours by a tree (colour-tree.ts). Takes about 80 bytes of memory per picture,
 * 56 of which are its fingerprint.
 */
import { DisjointSets } from '../disjoint-sets.ts';
import { ColourTree, type Sought } from './colour-tree.ts';
import { brightnessOf, Fingerprints, halvesOf, MOST_APART, SUMS, sumCells } from './near-fingerprints.ts';
import { eachNearPair } from './near-hashes.ts';

/** Larger classes have a tree. */
const MOST_WITHOUT_TREE = 32;
/** A picture passes over as many neighbours sooner than it is looked up in a tree. */
const MOST_IN_A_ROW = 1024;
/** Of the comparison, the part that is spent within the classes. */
const WITHIN = 0.25;
/** Comparisons between two calls of `between`. */
const STEPS_AT_ONCE = 4096;

/** Pictures to compare. */
export class NearPictures {
  readonly #prints = new Fingerprints();

  get count(): number {
    return this.#prints.count;
  }

  /** Returns its number, from 0. */
  add(fingerprint: Uint8Array): number {
    return this.#prints.add(fingerprint);
  }

  /**
   * Ends the adding. `between` is called again and again between comparisons, with the share that is done, and may throw.
   */
  compared(between: (share: number) => void = () => {}): ComparedPictures {
    const order = orderOf(this.#prints);
    this.#prints.reorder(order);
    const comparison = new Comparison(this.#prints, between);
    return { order, sets: comparison.sets(), print: (place) => this.#prints.of(place) };
  }
}

/** What was found. Pictures are named by their places in an order that puts near ones together. */
export interface ComparedPictures {
  /** The number of the picture in each place. */
  readonly order: Int32Array;
  /** Of places: near-copies of near-copies belong to the same set. */
  readonly sets: DisjointSets;
  /** Of the picture in this place. */
  print(place: number): Uint8Array;
}

/** The pictures sorted by hash, then by brightness, then by number. */
function orderOf(prints: Fingerprints): Int32Array {
  const { count } = prints;
  const [firsts, seconds, sums] = [new Int32Array(count), new Int32Array(count), new Uint16Array(count)];
  for (let picture = 0; picture < count; picture++) {
    const print = prints.of(picture);
    [firsts[picture], seconds[picture]] = halvesOf(print);
    sums[picture] = brightnessOf(print);
  }
  let [from, to] = [new Int32Array(count), new Int32Array(count)];
  for (let picture = 0; picture < count; picture++) from[picture] = picture;
  const keys: readonly (readonly [Int32Array | Uint16Array, number])[] = [
    [sums, 0],
    [seconds, 0],
    [seconds, 16],
    [firsts, 0],
    [firsts, 16],
  ];
  for (const [key, shift] of keys) {
    sortByKey(from, to, key, shift);
    [from, to] = [to, from];
  }
  return from;
}

/** One pass of a radix sort, by 16 bits of the key; stable. */
function sortByKey(from: Int32Array, to: Int32Array, key: Int32Array | Uint16Array, shift: number): void {
  const begins = new Int32Array(2 ** 16 + 1);
  for (let place = 0; place < key.length; place++) {
    const next = (((key[place] as number) >>> shift) & 0xffff) + 1;
    begins[next] = (begins[next] as number) + 1;
  }
  for (let value = 1; value < begins.length; value++) {
    begins[value] = (begins[value] as number) + (begins[value - 1] as number);
  }
  for (let place = 0; place < from.length; place++) {
    const picture = from[place] as number;
    const value = ((key[picture] as number) >>> shift) & 0xffff;
    const own = begins[value] as number;
    to[own] = picture;
    begins[value] = own + 1;
  }
}

/** Compares sorted pictures. Pictures are named by their places. */
class Comparison {
  readonly #prints: Fingerprints;
  readonly #between: (share: number) => void;
  readonly #sets: DisjointSets;
  readonly #sums: Uint16Array;
  /** Where the pictures of each hash begin, and where the last ones end. */
  readonly #begins: Int32Array;
  /** Of the larger classes, and whether no two of one are near each other. */
  readonly #trees = new Map<number, { readonly tree: ColourTree; readonly isApart: boolean }>();
  #steps = 0;
  #sought = 0;
  readonly #joinSought = (near: number) => this.#sets.join(this.#sought, near);
  #share = 0;

  constructor(prints: Fingerprints, between: (share: number) => void) {
    this.#prints = prints;
    this.#between = between;
    this.#sets = new DisjointSets(prints.count);
    this.#sums = new Uint16Array(prints.count);
    for (let place = 0; place < prints.count; place++) this.#sums[place] = brightnessOf(prints.of(place));
    this.#begins = beginsOf(prints);
  }

  sets(): DisjointSets {
    const classes = this.#begins.length - 1;
    const [firsts, seconds] = [new Int32Array(classes), new Int32Array(classes)];
    for (let number = 0; number < classes; number++) {
      this.#share = WITHIN * (number / classes);
      this.#joinWithin(number);
      [firsts[number], seconds[number]] = halvesOf(this.#prints.of(this.#begins[number] as number));
    }
    eachNearPair(
      firsts,
      seconds,
      (one, other) => this.#joinBetween(one, other),
      (share) => {
        this.#share = WITHIN + (1 - WITHIN) * share;
        this.#between(this.#share);
      },
    );
    return this.#sets;
  }

  #joinWithin(number: number): void {
    const [begin, end] = this.#ofClass(number);
    if (end - begin > MOST_WITHOUT_TREE) this.#trees.set(number, this.#treeOf(begin, end));
    else for (let place = begin; place < end; place++) this.#joinSimilar(place, place + 1, end);
  }

  #treeOf(begin: number, end: number) {
    const tree = new ColourTree(this.#prints);
    let isApart = true;
    for (let place = begin; place < end; place++) {
      this.#step();
      const sought = this.#soughtOf(place);
      let joined = false;
      tree.find(sought, (other) => {
        this.#sets.join(place, other);
        joined = true;
        return false;
      });
      if (joined) tree.insertInto(place, sought);
      else tree.insert(place, sought.sums);
      if (joined) isApart = false;
    }
    return { tree, isApart };
  }

  #joinBetween(one: number, other: number): void {
    this.#step();
    const [begin, end] = this.#ofClass(one);
    const [otherBegin, otherEnd] = this.#ofClass(other);
    if (end - begin > otherEnd - otherBegin) {
      this.#joinBetween(other, one);
      return;
    }
    const [own, larger] = [this.#trees.get(one), this.#trees.get(other)];
    // Neighbours in memory are compared fastest, but only a tree skips what is far from one picture or of its group.
    if (larger === undefined || (larger.isApart && (own?.isApart === true || otherEnd - otherBegin <= MOST_IN_A_ROW))) {
      let first = otherBegin;
      for (let place = begin; place < end; place++) {
        const least = (this.#sums[place] as number) - MOST_APART;
        while (first < otherEnd && (this.#sums[first] as number) < least) first++;
        this.#joinSimilar(place, first, otherEnd);
      }
      return;
    }
    for (let place = begin; place < end; place++) {
      const [all, others] = [own?.tree.one, larger.tree.one];
      if (all !== undefined && others !== undefined && this.#sets.areOne(all, others)) return;
      larger.tree.find(this.#soughtOf(place), (near) => {
        this.#sets.join(place, near);
        return false;
      });
    }
  }

  /** Joins the picture with those from `begin` on that are not too bright, and are similar. */
  #joinSimilar(place: number, begin: number, end: number): void {
    const most = (this.#sums[place] as number) + MOST_APART;
    let last = begin;
    while (last < end && (this.#sums[last] as number) <= most) last++;
    // Most often there is none.
    if (last === begin) return;
    this.#sought = place;
    this.#prints.eachNear(place, begin, last, this.#joinSought);
  }

  #ofClass(number: number): readonly [number, number] {
    return [this.#begins[number] as number, this.#begins[number + 1] as number];
  }

  #soughtOf(place: number): Sought {
    const print = this.#prints.of(place);
    const sums = new Int32Array(SUMS);
    sumCells(print, sums);
    return {
      ...{ print, sums },
      isOf: (other) => this.#sets.areOne(place, other),
      areOne: (a, b) => this.#sets.areOne(a, b),
    };
  }

  #step(): void {
    if (++this.#steps % STEPS_AT_ONCE === 0) this.#between(this.#share);
  }
}

/** The places at which another hash begins, and the end. */
function beginsOf(prints: Fingerprints): Int32Array {
  const begins = new Int32Array(prints.count + 1);
  let [classes, first, second] = [0, 0, 0];
  for (let place = 0; place < prints.count; place++) {
    const [ownFirst, ownSecond] = halvesOf(prints.of(place));
    if (place > 0 && ownFirst === first && ownSecond === second) continue;
    [first, second] = [ownFirst, ownSecond];
    begins[classes++] = place;
  }
  begins[classes] = prints.count;
  return begins.subarray(0, classes + 1);
}
