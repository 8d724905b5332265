/**
 * Which of many pictures are near-copies of one another, all compared at once: those with near hashes (near-hashes.ts)
 * and similar colours. Pictures with the same hash form one class, however many they are, so that hashes are compared
 * only once; a large class finds similar colours by a tree (colour-tree.ts). Takes about 85 bytes of memory per picture,
 * 56 of which are its fingerprint, and 110 where others have near hashes.
 */
import { DisjointSets } from '../disjoint-sets.ts';
import { ColourTree, coloursOf, type Sought } from './colour-tree.ts';
import { AT_ONCE, AT_ONCE_BY_TABLE, Leads, type LeadTable } from './leads.ts';
import { brightnessOf, Fingerprints, halvesOf, MOST_APART } from './near-fingerprints.ts';
import { eachNearPair } from './near-hashes.ts';
import { WaitingPairs } from './waiting-pairs.ts';

/** Classes of more pictures have a tree: it takes longer to look up a picture than to compare it with as many others. */
const MOST_IN_A_ROW = 4096;
/** Smaller classes have one if a group of them is larger: only a tree skips at once what is of a picture's own group. */
const MOST_OF_A_GROUP = 64;
/** Pairs of classes of as many pictures wait for others with the same class, and are then compared by tables. */
const LEAST_BY_TABLE = 24;
/** As many pairs of classes wait at most, at 8 bytes each. */
const MOST_WAITING = 2 ** 20;
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
  readonly #leads: Leads;
  readonly #table: LeadTable;
  /** Where the pictures of each hash begin, and where the last ones end. */
  readonly #begins: Int32Array;
  /** Of the large classes and those with large groups, and whether no two of one are near each other. */
  readonly #trees = new Map<number, { readonly tree: ColourTree; readonly isApart: boolean }>();
  /** For a search that goes on. */
  readonly #join = (place: number, near: number) => {
    this.#sets.join(place, near);
    return false;
  };
  /** For a class, larger ones that it is to be compared with. */
  readonly #waiting = new WaitingPairs(MOST_WAITING);
  #steps = 0;
  #share = 0;

  constructor(prints: Fingerprints, between: (share: number) => void) {
    const { count } = prints;
    this.#prints = prints;
    this.#between = between;
    this.#sets = new DisjointSets(count);
    this.#sums = new Uint16Array(count);
    this.#leads = new Leads(prints);
    this.#table = this.#leads.table();
    for (let place = 0; place < count; place++) this.#sums[place] = brightnessOf(prints.of(place));
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
    this.#joinWaiting();
    return this.#sets;
  }

  #joinWithin(number: number): void {
    this.#step();
    const [begin, end] = this.#ofClass(number);
    if (end - begin === 1) return;
    if (end - begin > MOST_IN_A_ROW || this.#joinInOrder(begin, end)) this.#trees.set(number, this.#treeOf(begin, end));
  }

  /** Joins pictures of one class that are near, until there is a large group of them; returns whether there is. */
  #joinInOrder(begin: number, end: number): boolean {
    let joined = 0;
    return this.#findInOrder(begin, end, begin, end, (place, near) => {
      this.#join(place, near);
      return ++joined % MOST_OF_A_GROUP === 0 && this.#hasLargeGroup(begin, end);
    });
  }

  /** Of a class whose pictures are in no group with others yet. */
  #hasLargeGroup(begin: number, end: number): boolean {
    const sizes = new Int32Array(end - begin);
    for (let place = begin; place < end; place++) {
      const group = this.#sets.firstOf(place) - begin;
      sizes[group] = (sizes[group] as number) + 1;
    }
    return sizes.some((size) => size > MOST_OF_A_GROUP);
  }

  #treeOf(begin: number, end: number) {
    const tree = new ColourTree(this.#prints);
    let isApart = true;
    for (let place = begin; place < end; place++) {
      this.#step();
      const sought = this.#soughtOf(place);
      tree.find(sought, (other) => this.#join(place, other));
      // The first of each group represents it.
      if (this.#sets.firstOf(place) === place) {
        tree.insert(place, sought.sums);
        continue;
      }
      tree.insertInto(place, sought);
      isApart = false;
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
    if (larger === undefined || (larger.isApart && own?.isApart === true)) {
      if (end - begin < LEAST_BY_TABLE) this.#findInOrder(begin, end, otherBegin, otherEnd, this.#join);
      else if (this.#waiting.add(one, other)) this.#joinWaiting();
      return;
    }
    for (let place = begin; place < end; place++) {
      const [all, others] = [own?.tree.one, larger.tree.one];
      if (all !== undefined && others !== undefined && this.#sets.areOne(all, others)) return;
      larger.tree.find(this.#soughtOf(place), (near) => this.#join(place, near));
    }
  }

  #joinWaiting(): void {
    this.#waiting.take((one, others) => this.#joinByTable(one, others));
  }

  /** As `#findInOrder` does, but up to 32 pictures of the one class are compared at once with each of the others. */
  #joinByTable(one: number, others: readonly number[]): void {
    const [sums, table] = [this.#sums, this.#table];
    const [begin, end] = this.#ofClass(one);
    for (const number of [one, ...others]) this.#leads.make(...this.#ofClass(number));
    const firsts = Int32Array.from(others, (other) => this.#begins[other] as number);
    const lasts = firsts.slice();
    for (let place = begin; place < end; place += AT_ONCE_BY_TABLE) {
      const placeEnd = Math.min(place + AT_ONCE_BY_TABLE, end);
      const least = (sums[place] as number) - MOST_APART;
      const most = (sums[placeEnd - 1] as number) + MOST_APART;
      table.fill(place, placeEnd);
      for (let index = 0; index < others.length; index++) {
        const otherEnd = this.#begins[(others[index] as number) + 1] as number;
        let [first, last] = [firsts[index] as number, lasts[index] as number];
        while (first < otherEnd && (sums[first] as number) < least) first++;
        while (last < otherEnd && (sums[last] as number) <= most) last++;
        [firsts[index], lasts[index]] = [first, last];
        for (let other = first; other < last; other++) {
          other = table.firstLike(other, last);
          if (other === last) break;
          for (let { likes } = table; likes !== 0; likes &= likes - 1) {
            const like = place + 31 - Math.clz32(likes & -likes);
            if (this.#areNewlyNear(like, other)) this.#join(like, other);
          }
        }
      }
      this.#step();
    }
  }

  /**
   * Reports pictures here and there that are near and not known to be of one group, until `onNear` returns true; returns
   * whether it did. Both are in order of their brightness, so that those of similar brightness follow each other. A few
   * are compared at once with each of the others, of most of which only the lead is read.
   */
  #findInOrder(
    begin: number,
    end: number,
    otherBegin: number,
    otherEnd: number,
    onNear: (place: number, other: number) => boolean,
  ): boolean {
    const [sums, leads] = [this.#sums, this.#leads];
    leads.make(begin, end);
    leads.make(otherBegin, otherEnd);
    let [first, last] = [otherBegin, otherBegin];
    for (let place = begin; place < end; place += AT_ONCE) {
      const placeEnd = Math.min(place + AT_ONCE, end);
      const least = (sums[place] as number) - MOST_APART;
      const most = (sums[placeEnd - 1] as number) + MOST_APART;
      while (first < otherEnd && (sums[first] as number) < least) first++;
      if (first === otherEnd) break;
      while (last < otherEnd && (sums[last] as number) <= most) last++;
      for (let other = first; other < last; other++) {
        other = leads.firstLike(place, placeEnd, other, last);
        if (other === last) break;
        for (let one = place; one < placeEnd; one++) {
          if (leads.areLike(one, other) && this.#areNewlyNear(one, other) && onNear(one, other)) return true;
        }
      }
    }
    return false;
  }

  #areNewlyNear(place: number, other: number): boolean {
    return !this.#sets.areOne(place, other) && this.#prints.areColoursNear(place, other);
  }

  #ofClass(number: number): readonly [number, number] {
    return [this.#begins[number] as number, this.#begins[number + 1] as number];
  }

  #soughtOf(place: number): Sought {
    const print = this.#prints.of(place);
    return {
      ...{ print, ...coloursOf(print) },
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
