/**
 * Distinct hashes of 64 bits, numbered as they come, and which of them are few bits apart. Two that are at most 3 bits apart
 * agree in at least one of four bands (multi-index hashing, Norouzi et al., 2012); those that agree in one stand in a tree
 * whose nodes part them by the bit that parts them best, so that pictures on flat backgrounds, which share bands by the
 * thousand, are told apart by what they differ in.
 */
import { areHashesNear, BANDS, HASH_BITS, MOST_BITS } from './near-fingerprints.ts';

/** So many numbers of near hashes are remembered: 64 MB. */
const MOST_REMEMBERED = 8_000_000;
/** Of hashes that were asked for so often. */
const WORTH_REMEMBERING = 3;

export class HashClasses {
  /** Two halves of each. */
  #hashes = new Int32Array(2 * 1024);
  #count = 0;
  /** By a hash of the hash, one more than the number of the class; 0 where there is none. */
  #places = new Int32Array(4 * 1024);
  readonly #bands = new Map<number, HashTree>();
  readonly #near = new Map<number, number[]>();
  readonly #asked = new Map<number, number>();
  #remembered = 0;

  /** The numbers of all hashes near to the one of that number that came after it, once each. */
  nearAfter(number: number): number[] {
    const [first, second] = [this.#hashes[2 * number] as number, this.#hashes[2 * number + 1] as number];
    return [...new Set(this.#found(first, second))].filter((other) => other > number);
  }

  /** The number of that hash; undefined where nobody has it. */
  find(first: number, second: number): number | undefined {
    const found = this.#places[this.#placeOf(first, second)] as number;
    return found === 0 ? undefined : found - 1;
  }

  /** Its number, given now where nobody had it. */
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

  /** The numbers of all hashes near to that one, its own among them; some may come several times. Not to be kept. */
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

  /** To those whose near ones are remembered. */
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

/** A number for each value of each band. */
function bandKey(band: number, first: number, second: number): number {
  const half = band < BANDS / 2 ? first : second;
  return (band << 16) | ((band % 2 === 0 ? half >>> 16 : half) & 0xffff);
}

function bitOf(bit: number, first: number, second: number): number {
  return ((bit < 32 ? first : second) >>> (31 - (bit & 31))) & 1;
}

/** More are parted. */
const MOST_IN_A_LEAF = 24;
/** A bit parts hashes where fewer than so many of them are alike in it. */
const MOST_ALIKE = 0.9;
/** Words of a hash in a leaf: its number and its halves. */
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

  /** Adds the numbers of those that are near to `found`. `bits`: in how many they may still differ from this part of the tree. */
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
