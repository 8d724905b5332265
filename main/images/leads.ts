/**
 * A few colour cells of many pictures, side by side in memory, which tell most pairs that are no near-copies. Four pictures
 * are compared at once with each of the others, and four cells in each subtraction (SIMD within a register; Fisher and
 * Dietz, 1998).
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

/** As many pictures are compared with another at once. */
export const AT_ONCE = 4;

/**
 * Of pictures by place: a few of their colour cells, as lanes of seven bits, and what those of copies must be within. Most
 * pairs that are no copies are told by these 24 bytes a picture, without reading the fingerprints.
 */
export class Leads {
  readonly #first: LeadWords;
  readonly #second: LeadWords;

  constructor(prints: Fingerprints) {
    const { count } = prints;
    const [first, second] = [leadWords(count), leadWords(count)];
    const [centre, corners] = LEADING;
    for (let place = 0; place < count; place++) {
      const print = prints.of(place);
      const tolerance = toleranceOf(print);
      setLead(first, place, print, tolerance, centre);
      setLead(second, place, print, tolerance, corners);
    }
    this.#first = first;
    this.#second = second;
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

  /** Whether pictures in these places could be copies. */
  areLike(place: number, other: number): boolean {
    return areLike(this.#first, place, other) && areLike(this.#second, place, other);
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
