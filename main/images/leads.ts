/**
 * A few colour cells of many pictures, side by side in memory, which tell most pairs that are no near-copies. Where
 * pictures are few, four are compared at once with each of the others, and four cells in each subtraction (SIMD within a
 * register; Fisher and Dietz, 1998); where they are many, 32 at once, by a table of bits.
 */
import { CHANNELS, type Fingerprints, HASH_BYTES, toleranceOf } from './near-fingerprints.ts';

/** The cells of which the green is kept for a quick comparison, four to a word: at the centre, and at the corners. */
const LEADING = [
  [5, 6, 9, 10],
  [0, 3, 12, 15],
] as const;
const GREEN = 1;
/** The free bit of each lane. */
const FREE = 0x80808080 | 0;
/** The least and the most of both words of one picture. */
type Bounds = readonly [number, number, number, number];

/** Of a lane. */
const LEVELS = 128;
const LANES = 4;
const LANE_BITS = 8;

/** As many pictures are compared with another at once. */
export const AT_ONCE = 4;
/** As many are with a table: the bits of a word. */
export const AT_ONCE_BY_TABLE = 32;

/**
 * Of pictures by place: a few of their colour cells, as lanes of seven bits, and what those of copies must be within. Most
 * pairs that are no copies are told by these 24 bytes a picture, without reading the fingerprints. Pictures are compared
 * after they are made.
 */
export class Leads {
  readonly #first: LeadWords;
  readonly #second: LeadWords;

  readonly #prints: Fingerprints;

  constructor(prints: Fingerprints) {
    this.#prints = prints;
    this.#first = leadWords(prints.count);
    this.#second = leadWords(prints.count);
  }

  /**
   * Makes those from `begin` to before `end`, which always go together, unless they are made: most pictures that have no
   * near hash are never compared, and the system gives no memory to what is never written.
   */
  make(begin: number, end: number): void {
    // A lead that is made has its free bits.
    if (this.#first.lanes[begin] !== 0) return;
    const [centre, corners] = LEADING;
    for (let place = begin; place < end; place++) {
      const print = this.#prints.of(place);
      const tolerance = toleranceOf(print);
      setLead(this.#first, place, print, tolerance, centre);
      setLead(this.#second, place, print, tolerance, corners);
    }
  }

  /**
   * The first place from `begin` to before `end` that could be that of a copy of one of the pictures from `place` to
   * before `placeEnd`, at most `AT_ONCE`; `end` if there is none.
   */
  firstLike(place: number, placeEnd: number, begin: number, end: number): number {
    const [{ lanes, least, most }, { lanes: lanes2, least: least2, most: most2 }] = [this.#first, this.#second];
    // A local constant: bundlers make variables of those of a module, which the loop would read again each time.
    const free = FREE;
    // The last stands for those that are missing.
    const d = placeEnd - 1;
    const [a, b, c] = [place, Math.min(place + 1, d), Math.min(place + 2, d)];
    const [leastA, mostA, leastA2, mostA2] = [least[a], most[a], least2[a], most2[a]] as Bounds;
    const [leastB, mostB, leastB2, mostB2] = [least[b], most[b], least2[b], most2[b]] as Bounds;
    const [leastC, mostC, leastC2, mostC2] = [least[c], most[c], least2[c], most2[c]] as Bounds;
    const [leastD, mostD, leastD2, mostD2] = [least[d], most[d], least2[d], most2[d]] as Bounds;
    for (let other = begin; other < end; other++) {
      const [own, own2] = [lanes[other] as number, lanes2[other] as number];
      if (((own - leastA) & (mostA - own) & (own2 - leastA2) & (mostA2 - own2) & free) === free) return other;
      if (((own - leastB) & (mostB - own) & (own2 - leastB2) & (mostB2 - own2) & free) === free) return other;
      if (((own - leastC) & (mostC - own) & (own2 - leastC2) & (mostC2 - own2) & free) === free) return other;
      if (((own - leastD) & (mostD - own) & (own2 - leastD2) & (mostD2 - own2) & free) === free) return other;
    }
    return end;
  }

  /** Of no pictures yet. */
  table(): LeadTable {
    return new LeadTable(this.#first, this.#second);
  }

  /** Whether pictures in these places could be copies. */
  areLike(place: number, other: number): boolean {
    return areLike(this.#first, place, other) && areLike(this.#second, place, other);
  }
}

/**
 * For each of the eight cells and each level, which of up to 32 pictures could have a copy with that level there: a bit for
 * each picture. Eight reads compare another picture with all of them; that pays from a few dozen others on.
 */
export class LeadTable {
  /** Of the place that was found last: the pictures that it could be a copy of; the lowest bit is that of the first. */
  likes = 0;
  readonly #first: LeadWords;
  readonly #second: LeadWords;
  /** By cell, from the last one of the first word, and by level. */
  readonly #bits = new Int32Array(2 * LANES * LEVELS);

  constructor(first: LeadWords, second: LeadWords) {
    this.#first = first;
    this.#second = second;
  }

  /** Replaces the pictures by those from `place` to before `placeEnd`, at most `AT_ONCE_BY_TABLE`. */
  fill(place: number, placeEnd: number): void {
    const bits = this.#bits.fill(0);
    // Each picture's bit is marked where its levels begin and after they end, and carried from the one to the other.
    for (let picture = place; picture < placeEnd; picture++) {
      this.#mark(this.#first, picture, 0, 1 << (picture - place));
      this.#mark(this.#second, picture, LANES, 1 << (picture - place));
    }
    for (let begin = 0; begin < bits.length; begin += LEVELS) {
      let carried = 0;
      for (let level = begin; level < begin + LEVELS; level++) {
        carried ^= bits[level] as number;
        bits[level] = carried;
      }
    }
  }

  #mark({ least, most }: LeadWords, picture: number, firstCell: number, bit: number): void {
    const bits = this.#bits;
    const [low, high] = [least[picture] as number, (most[picture] as number) - FREE];
    for (let lane = 0; lane < LANES; lane++) {
      const cell = LEVELS * (firstCell + lane);
      const [begin, last] = [(low >>> (LANE_BITS * lane)) & 0x7f, (high >>> (LANE_BITS * lane)) & 0x7f];
      bits[cell + begin] = (bits[cell + begin] as number) ^ bit;
      if (last + 1 < LEVELS) bits[cell + last + 1] = (bits[cell + last + 1] as number) ^ bit;
    }
  }

  /** The first place from `begin` to before `end` that could be that of a copy of one of them; `end` if there is none. */
  firstLike(begin: number, end: number): number {
    const [bits, { lanes }, { lanes: lanes2 }] = [this.#bits, this.#first, this.#second];
    for (let other = begin; other < end; other++) {
      const [own, own2] = [lanes[other] as number, lanes2[other] as number];
      const likes =
        (bits[own & 0x7f] as number) &
        (bits[0x080 | ((own >>> 8) & 0x7f)] as number) &
        (bits[0x100 | ((own >>> 16) & 0x7f)] as number) &
        (bits[0x180 | ((own >>> 24) & 0x7f)] as number) &
        (bits[0x200 | (own2 & 0x7f)] as number) &
        (bits[0x280 | ((own2 >>> 8) & 0x7f)] as number) &
        (bits[0x300 | ((own2 >>> 16) & 0x7f)] as number) &
        (bits[0x380 | ((own2 >>> 24) & 0x7f)] as number);
      if (likes === 0) continue;
      this.likes = likes;
      return other;
    }
    return end;
  }
}

/**
 * Halved levels of four cells of each picture. A lane's free bit is set before another lane is subtracted: it stays set
 * unless that one is larger, and nothing is borrowed from the next lane.
 */
interface LeadWords {
  /** With free bits. */
  readonly lanes: Int32Array;
  /** What the lanes of copies are not below, without free bits. */
  readonly least: Int32Array;
  /** What they are not above, with free bits, and once more the free bits of the lanes that are subtracted. */
  readonly most: Int32Array;
}

function leadWords(count: number): LeadWords {
  return { lanes: new Int32Array(count), least: new Int32Array(count), most: new Int32Array(count) };
}

function setLead(
  words: LeadWords,
  place: number,
  print: Uint8Array,
  tolerance: number,
  cells: readonly number[],
): void {
  let [lanes, least, most] = [0, 0, 0];
  for (const cell of cells) {
    const level = print[HASH_BYTES + CHANNELS * cell + GREEN] as number;
    lanes = (lanes << 8) | (level >> 1);
    least = (least << 8) | (Math.max(0, level - tolerance) >> 1);
    most = (most << 8) | (Math.min(255, level + tolerance) >> 1);
  }
  words.lanes[place] = lanes | FREE;
  words.least[place] = least;
  words.most[place] = (most | FREE) + FREE;
}

function areLike({ lanes, least, most }: LeadWords, place: number, other: number): boolean {
  const own = lanes[other] as number;
  return ((own - (least[place] as number)) & ((most[place] as number) - own) & FREE) === FREE;
}
