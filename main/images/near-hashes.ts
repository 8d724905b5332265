/**
 * All pairs of distinct 64-bit hashes that differ in few bits. Two that differ in at most 3 bits agree in at least one of
 * four bands (multi-index hashing, Norouzi et al., 2012). Those that share a band are compared directly where they are
 * few; where they are many, as for pictures on flat backgrounds, they are divided by the bit that parts them best, and
 * only parts that can still be near each other are compared further. Takes four bytes of memory per hash.
 */
import { areHashesNear, BANDS, HASH_BITS, MOST_BITS } from './near-fingerprints.ts';

const BAND_VALUES = 2 ** 16;
/** As many hashes or fewer are compared directly. */
const FEW = 128;
const FEW_PAIRS = FEW ** 2;
/** The hashes that the dividing bit is chosen from. */
const SAMPLE = 128;
/** No bit parts the hashes. */
const NONE = -1;

/**
 * Reports each pair once, by the numbers of its hashes, in no particular order. `firsts` and `seconds` are their halves;
 * `between` is called again and again between comparisons, with the share that is done, and may throw.
 */
export function eachNearPair(
  firsts: Int32Array,
  seconds: Int32Array,
  onPair: (one: number, other: number) => void,
  between: (share: number) => void = () => {},
): void {
  const order = new Int32Array(firsts.length);
  for (let band = 0; band < BANDS; band++) {
    const begins = sortByBand(order, firsts, seconds, band);
    let share = band / BANDS;
    const search = new BandSearch(order, firsts, seconds, band, onPair, () => between(share));
    for (let value = 0; value < BAND_VALUES; value++) {
      search.within(begins[value] as number, begins[value + 1] as number);
      share = (band + (begins[value + 1] as number) / firsts.length) / BANDS;
      between(share);
    }
  }
}

/** Sorts the numbers of the hashes into `order`; returns where those of each value of the band begin. */
function sortByBand(order: Int32Array, firsts: Int32Array, seconds: Int32Array, band: number): Int32Array {
  const begins = new Int32Array(BAND_VALUES + 1);
  for (let hash = 0; hash < firsts.length; hash++) {
    const next = bandOf(band, firsts[hash] as number, seconds[hash] as number) + 1;
    begins[next] = (begins[next] as number) + 1;
  }
  for (let value = 1; value <= BAND_VALUES; value++) {
    begins[value] = (begins[value] as number) + (begins[value - 1] as number);
  }
  const places = begins.slice();
  for (let hash = 0; hash < firsts.length; hash++) {
    const value = bandOf(band, firsts[hash] as number, seconds[hash] as number);
    const place = places[value] as number;
    order[place] = hash;
    places[value] = place + 1;
  }
  return begins;
}

function bandOf(band: number, first: number, second: number): number {
  const half = band < BANDS / 2 ? first : second;
  return (band % 2 === 0 ? half >>> 16 : half) & 0xffff;
}

/** Bits that hashes were divided by, as a mask of both halves. */
interface Used {
  readonly first: number;
  readonly second: number;
}

const NO_BITS: Used = { first: 0, second: 0 };

/** Hashes that are compared, one after another in memory: that is most of the time where few are near each other. */
class Gathered {
  hashes = new Int32Array(FEW);
  firsts = new Int32Array(FEW);
  seconds = new Int32Array(FEW);
  readonly #order: Int32Array;
  readonly #halves: readonly [Int32Array, Int32Array];

  constructor(order: Int32Array, firsts: Int32Array, seconds: Int32Array) {
    this.#order = order;
    this.#halves = [firsts, seconds];
  }

  gather(begin: number, end: number): void {
    if (end - begin > this.hashes.length) {
      const length = Math.max(end - begin, 2 * this.hashes.length);
      this.hashes = new Int32Array(length);
      this.firsts = new Int32Array(length);
      this.seconds = new Int32Array(length);
    }
    const [firsts, seconds] = this.#halves;
    for (let place = begin; place < end; place++) {
      const hash = this.#order[place] as number;
      this.hashes[place - begin] = hash;
      this.firsts[place - begin] = firsts[hash] as number;
      this.seconds[place - begin] = seconds[hash] as number;
    }
  }
}

class BandSearch {
  readonly #order: Int32Array;
  readonly #firsts: Int32Array;
  readonly #seconds: Int32Array;
  readonly #band: number;
  readonly #onPair: (one: number, other: number) => void;
  readonly #between: () => void;
  readonly #ones = new Int32Array(HASH_BITS);
  readonly #here: Gathered;
  readonly #there: Gathered;

  constructor(
    order: Int32Array,
    firsts: Int32Array,
    seconds: Int32Array,
    band: number,
    onPair: (one: number, other: number) => void,
    between: () => void,
  ) {
    this.#order = order;
    this.#firsts = firsts;
    this.#seconds = seconds;
    this.#band = band;
    this.#onPair = onPair;
    this.#between = between;
    this.#here = new Gathered(order, firsts, seconds);
    this.#there = new Gathered(order, firsts, seconds);
  }

  /** Pairs of the hashes in these places of the order, which is changed between them. */
  within(begin: number, end: number, used = NO_BITS): void {
    const bit = end - begin <= FEW ? NONE : this.#dividingBit(begin, end, begin, begin, used);
    if (bit === NONE) {
      if (end - begin < 2) return;
      this.#here.gather(begin, end);
      for (let place = 1; place < end - begin; place++) this.#compare(place, this.#here, place);
      return;
    }
    const middle = this.#divide(begin, end, bit);
    const now = withBit(used, bit);
    this.within(begin, middle, now);
    this.within(middle, end, now);
    this.#across(begin, middle, middle, end, MOST_BITS - 1, now);
  }

  /** Pairs of a hash here and one there, which may still differ in `bits` of the unused bits. */
  #across(begin: number, end: number, otherBegin: number, otherEnd: number, bits: number, used: Used): void {
    const pairs = (end - begin) * (otherEnd - otherBegin);
    if (pairs === 0) return;
    const bit = pairs <= FEW_PAIRS ? NONE : this.#dividingBit(begin, end, otherBegin, otherEnd, used);
    if (bit === NONE) {
      this.#here.gather(begin, end);
      this.#there.gather(otherBegin, otherEnd);
      for (let place = 0; place < end - begin; place++) this.#compare(place, this.#there, otherEnd - otherBegin);
      this.#between();
      return;
    }
    const [middle, otherMiddle] = [this.#divide(begin, end, bit), this.#divide(otherBegin, otherEnd, bit)];
    const now = withBit(used, bit);
    this.#across(begin, middle, otherBegin, otherMiddle, bits, now);
    this.#across(middle, end, otherMiddle, otherEnd, bits, now);
    if (bits === 0) return;
    this.#across(begin, middle, otherMiddle, otherEnd, bits - 1, now);
    this.#across(middle, end, otherBegin, otherMiddle, bits - 1, now);
  }

  /** A gathered hash with the first `count` of the others. */
  #compare(place: number, { hashes, firsts, seconds }: Gathered, count: number): void {
    const [first, second] = [this.#here.firsts[place] as number, this.#here.seconds[place] as number];
    for (let other = 0; other < count; other++) {
      const [firstDiffering, secondDiffering] = [
        first ^ (firsts[other] as number),
        second ^ (seconds[other] as number),
      ];
      if (!areHashesNear(firstDiffering, secondDiffering)) continue;
      // A pair that shares several bands is reported in the first.
      if (!this.#isFirstShared(firstDiffering, secondDiffering)) continue;
      this.#onPair(this.#here.hashes[place] as number, hashes[other] as number);
    }
  }

  #isFirstShared(first: number, second: number): boolean {
    for (let band = 0; band < this.#band; band++) if (bandOf(band, first, second) === 0) return false;
    return true;
  }

  /** The unused bit that parts a sample of both most evenly; `NONE` if all agree. */
  #dividingBit(begin: number, end: number, otherBegin: number, otherEnd: number, used: Used): number {
    const count = end - begin + otherEnd - otherBegin;
    const step = Math.max(1, Math.floor(count / SAMPLE));
    const ones = this.#ones.fill(0);
    let sampled = 0;
    for (let index = 0; index < count; index += step, sampled++) {
      const hash = this.#order[index < end - begin ? begin + index : otherBegin + index - (end - begin)] as number;
      count32(ones, 0, (this.#firsts[hash] as number) & ~used.first);
      count32(ones, 32, (this.#seconds[hash] as number) & ~used.second);
    }
    let [best, fewest] = [NONE, 0];
    for (let bit = 0; bit < HASH_BITS; bit++) {
      const set = ones[bit] as number;
      const fewer = Math.min(set, sampled - set);
      if (fewer > fewest) [best, fewest] = [bit, fewer];
    }
    return best;
  }

  /** Puts hashes without the bit before those with it; returns where the latter begin. */
  #divide(begin: number, end: number, bit: number): number {
    const order = this.#order;
    const [halves, mask] = bit < 32 ? [this.#firsts, 1 << bit] : [this.#seconds, 1 << (bit - 32)];
    let [low, high] = [begin, end];
    while (low < high) {
      const hash = order[low] as number;
      if (((halves[hash] as number) & mask) === 0) low++;
      else {
        order[low] = order[--high] as number;
        order[high] = hash;
      }
    }
    return low;
  }
}

function withBit({ first, second }: Used, bit: number): Used {
  return bit < 32 ? { first: first | (1 << bit), second } : { first, second: second | (1 << (bit - 32)) };
}

/** Adds the bits of a half to the counts from `offset`. */
function count32(ones: Int32Array, offset: number, half: number): void {
  for (let bits = half; bits !== 0; bits &= bits - 1) {
    const bit = offset + 31 - Math.clz32(bits & -bits);
    ones[bit] = (ones[bit] as number) + 1;
  }
}
