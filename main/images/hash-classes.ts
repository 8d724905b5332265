/**
 * Distinct 64-bit hashes, numbered in order of arrival, and a search for those that differ in few bits. Two that differ
 * in at most 3 bits agree in at least one of four bands (multi-index hashing, Norouzi et al., 2012); those that share a
 * band are stored in a tree whose nodes split them by the most balanced bit, so that pictures on flat backgrounds,
 * which share bands by the thousand, are separated by the bits in which they differ.
 */
import { areHashesNear, BANDS, HASH_BITS, MOST_BITS } from './near-fingerprints.ts';

/** The number of cached neighbours: 64 MB. */
const MOST_REMEMBERED = 8_000_000;
/** Cached for hashes that were queried this often. */
const WORTH_REMEMBERING = 3;

export class HashClasses {
  /** Two halves per hash. */
  #hashes = new Int32Array(2 * 1024);
  #count = 0;
  /** A hash table of class numbers plus one; 0 is empty. */
  #places = new Int32Array(4 * 1024);
  readonly #bands = new Map<number, HashTree>();
  readonly #near = new Map<number, number[]>();
  readonly #asked = new Map<number, number>();
  #remembered = 0;

  /** The number of this hash; undefined if it does not occur. */
  find(first: number, second: number): number | undefined {
    const found = this.#places[this.#placeOf(first, second)] as number;
    return found === 0 ? undefined : found - 1;
  }

  /** Returns its number, assigning one if it is new. */
  add(first: number, second: number): number {
    const known = this.find(first, second);
    if (known !== undefined) return known;
    if (2 * this.#count === this.#hashes.length) this.#grow();
    const number = this.#count++;
    this.#hashes[2 * number] = first;
    this.#hashes[2 * number + 1] = second;
    this.#places[this.#placeOf(first, second)] = number + 1;
    if (this.#near.size > 0) this.#tellNear(number, first, second);
    for (let band = 0; band < BANDS; band++) {
      const key = bandKey(band, first, second);
      const tree = this.#bands.get(key) ?? new HashTree();
      tree.insert(number, first, second);
      this.#bands.set(key, tree);
    }
    return number;
  }

  /** The numbers of all hashes near this one, including itself; may contain repetitions. The array is reused. */
  near(first: number, second: number): readonly number[] {
    const own = this.find(first, second);
    const known = own === undefined ? undefined : this.#near.get(own);
    if (known) return known;
    const found = this.#found(first, second);
    if (own !== undefined) this.#remember(own, found);
    return found;
  }

  #found(first: number, second: number): number[] {
    const found: number[] = [];
    for (let band = 0; band < BANDS; band++) {
      this.#bands.get(bandKey(band, first, second))?.find(first, second, found);
    }
    return found;
  }

  #remember(own: number, found: readonly number[]): void {
    const asked = (this.#asked.get(own) ?? 0) + 1;
    if (asked < WORTH_REMEMBERING) {
      this.#asked.set(own, asked);
      return;
    }
    if (this.#remembered + found.length > MOST_REMEMBERED) return;
    const near = [...new Set(found)];
    this.#asked.delete(own);
    this.#near.set(own, near);
    this.#remembered += near.length;
  }

  /** Updates the cached neighbours of other hashes. */
  #tellNear(number: number, first: number, second: number): void {
    for (const other of new Set(this.near(first, second))) {
      const near = this.#near.get(other);
      if (near === undefined) continue;
      near.push(number);
      this.#remembered++;
    }
  }

  #placeOf(first: number, second: number): number {
    const mask = this.#places.length - 1;
    let place = Math.imul(Math.imul(first, 0x9e3779b1) ^ second, 0x85ebca6b);
    for (place = (place ^ (place >>> 15)) & mask; ; place = (place + 1) & mask) {
      const found = this.#places[place] as number;
      if (found === 0) return place;
      if (this.#hashes[2 * found - 2] === first && this.#hashes[2 * found - 1] === second) return place;
    }
  }

  #grow(): void {
    const hashes = new Int32Array(2 * this.#hashes.length);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    this.#places = new Int32Array(2 * this.#places.length);
    for (let number = 0; number < this.#count; number++) {
      const place = this.#placeOf(hashes[2 * number] as number, hashes[2 * number + 1] as number);
      this.#places[place] = number + 1;
    }
  }
}

/** A distinct key for each value of each band. */
function bandKey(band: number, first: number, second: number): number {
  const half = band < BANDS / 2 ? first : second;
  return (band << 16) | ((band % 2 === 0 ? half >>> 16 : half) & 0xffff);
}

function bitOf(bit: number, first: number, second: number): number {
  return ((bit < 32 ? first : second) >>> (31 - (bit & 31))) & 1;
}

/** Larger leaves are split. */
const MOST_IN_A_LEAF = 24;
/** A bit is used for splitting if at most this share of the hashes agree in it. */
const MOST_ALIKE = 0.9;
/** Words per hash in a leaf: its number and its halves. */
const WORDS = 3;

class HashTree {
  #words = new Int32Array(2 * WORDS);
  #count = 0;
  #checkedAt = MOST_IN_A_LEAF;
  #bit = 0;
  #sides: readonly [HashTree, HashTree] | undefined;

  insert(number: number, first: number, second: number): void {
    if (this.#sides !== undefined) {
      this.#sides[bitOf(this.#bit, first, second) as 0 | 1].insert(number, first, second);
      return;
    }
    const word = WORDS * this.#count++;
    if (word === this.#words.length) {
      const larger = new Int32Array(2 * word);
      larger.set(this.#words);
      this.#words = larger;
    }
    this.#words[word] = number;
    this.#words[word + 1] = first;
    this.#words[word + 2] = second;
    if (this.#count > this.#checkedAt) this.#part();
  }

  /** Adds the numbers of nearby hashes to `found`. `bits`: how many bits may still differ within this subtree. */
  find(first: number, second: number, found: number[], bits = MOST_BITS): void {
    if (this.#sides === undefined) {
      const words = this.#words;
      for (let word = 0; word < WORDS * this.#count; word += WORDS) {
        if (areHashesNear((words[word + 1] as number) ^ first, (words[word + 2] as number) ^ second)) {
          found.push(words[word] as number);
        }
      }
      return;
    }
    const own = bitOf(this.#bit, first, second) as 0 | 1;
    this.#sides[own].find(first, second, found, bits);
    if (bits > 0) this.#sides[own === 0 ? 1 : 0].find(first, second, found, bits - 1);
  }

  #part(): void {
    this.#checkedAt = 2 * this.#count;
    const words = this.#words;
    const ones = new Int32Array(HASH_BITS);
    for (let word = 0; word < WORDS * this.#count; word += WORDS) {
      for (let bit = 0; bit < HASH_BITS; bit++) {
        ones[bit] = (ones[bit] as number) + bitOf(bit, words[word + 1] as number, words[word + 2] as number);
      }
    }
    const alike = ones.map((set) => Math.max(set, this.#count - set));
    const bit = alike.indexOf(Math.min(...alike));
    if ((alike[bit] as number) >= MOST_ALIKE * this.#count) return;
    this.#bit = bit;
    const sides = [new HashTree(), new HashTree()] as const;
    for (let word = 0; word < WORDS * this.#count; word += WORDS) {
      const [first, second] = [words[word + 1] as number, words[word + 2] as number];
      sides[bitOf(bit, first, second) as 0 | 1].insert(words[word] as number, first, second);
    }
    this.#sides = sides;
    this.#words = new Int32Array();
  }
}
