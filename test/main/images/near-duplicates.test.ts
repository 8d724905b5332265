import { describe, expect, it } from 'vitest';
import { at } from '../../../main/at.ts';
import { FINGERPRINT_BYTES } from '../../../main/images/fingerprint.ts';
import { NearDuplicateIndex } from '../../../main/images/near-duplicates.ts';
import { areHashesNear, areNearDuplicates } from '../../../main/images/near-fingerprints.ts';
import { eachNearPair } from '../../../main/images/near-hashes.ts';
import { NearPictures } from '../../../main/images/near-pictures.ts';
import { repeatsAmong } from '../../../main/images/repeats.ts';
import { CounterRandom } from '../../../main/random.ts';

const COUNT = 1000;

/** Draws fingerprints: `hashBits` bits of the hash vary between pictures, and colours vary by up to `levels`. */
function drawn(seed: number, { hashBits, levels, copies }: { hashBits: number; levels: number; copies: number }) {
  const random = new CounterRandom(seed, 0);
  const below = (limit: number) => random.integer(limit);
  const prints: Uint8Array[] = [];
  while (prints.length < COUNT) {
    const print = new Uint8Array(FINGERPRINT_BYTES).fill(200, 8);
    for (let bit = 0; bit < hashBits; bit++) {
      const place = (bit * 23) % 64;
      if (random.uniform() < 0.5) print[place >> 3] = at(print, place >> 3) | (1 << (place & 7));
    }
    for (let cell = 8; cell < FINGERPRINT_BYTES; cell++) print[cell] = 200 - below(levels + 1);
    prints.push(print);
    for (let copy = 0; copy < copies && prints.length < COUNT; copy++) {
      const other = Uint8Array.from(print);
      for (let flips = below(6); flips > 0; flips--) other[below(8)] = at(other, below(8)) ^ (1 << below(8));
      // All cells by a little, or one of them by about as much as a cell may differ by.
      const most = random.uniform() < 0.5 ? 1 + below(18) : 1;
      for (let cell = 8; cell < FINGERPRINT_BYTES; cell++) other[cell] = Math.max(0, at(other, cell) - below(most));
      const single = 8 + below(FINGERPRINT_BYTES - 8);
      if (most === 1) other[single] = at(other, single) - below(28);
      prints.push(other);
    }
  }
  return prints;
}

function groupsByComparingAll(prints: readonly Uint8Array[]): number[][] {
  const groupOf = prints.map((_, one) => one);
  for (const [one, print] of prints.entries()) {
    for (let other = 0; other < one; other++) {
      const [a, b] = [at(groupOf, one), at(groupOf, other)];
      if (a !== b && areNearDuplicates(print, at(prints, other))) {
        for (const [place, group] of groupOf.entries()) if (group === a) groupOf[place] = b;
      }
    }
  }
  return [...grouped(groupOf).values()]
    .filter((group) => group.length > 1)
    .sort((a, b) => b.length - a.length || at(a, 0) - at(b, 0));
}

/** The definition: in order of the candidates, each is compared with the held-out images and those that stay. */
function repeatsOneByOne(
  prints: readonly Uint8Array[],
  { candidates, heldOut }: { readonly candidates: Int32Array; readonly heldOut: Int32Array },
  has: (id: number) => boolean,
  guards: { readonly leakGuard: boolean; readonly nearDuplicateGuard: boolean },
) {
  const [excluded, leaks, staying]: [number[], number[], number[]] = [[], [], []];
  const isNear = (id: number) => (other: number) => areNearDuplicates(at(prints, other), at(prints, id));
  for (const id of candidates) {
    if (!has(id)) continue;
    if (guards.leakGuard && heldOut.filter(has).some(isNear(id))) leaks.push(id);
    if (leaks.at(-1) === id) excluded.push(id);
    else if (guards.nearDuplicateGuard && staying.some(isNear(id))) excluded.push(id);
    else staying.push(id);
  }
  return { excluded: Int32Array.from(excluded), leaks: Int32Array.from(leaks) };
}

function grouped(groupOf: readonly number[]): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const [one, group] of groupOf.entries()) groups.set(group, [...(groups.get(group) ?? []), one]);
  return groups;
}

describe.each([
  ['of all kinds', { hashBits: 64, levels: 120, copies: 2 }],
  ['on backgrounds that are nearly flat', { hashBits: 9, levels: 40, copies: 1 }],
  ['on flat backgrounds of many colours', { hashBits: 2, levels: 160, copies: 1 }],
  ['on flat backgrounds with a few hashes', { hashBits: 4, levels: 90, copies: 1 }],
  ['on flat backgrounds with specks', { hashBits: 12, levels: 24, copies: 1 }],
  ['that are nearly one picture', { hashBits: 3, levels: 10, copies: 3 }],
])('near-copies among pictures %s', (_, kind) => {
  const prints = drawn(7, kind);

  it('are in the groups that comparing all with all gives', () => {
    const pictures = new NearPictures();
    for (const print of prints) pictures.add(print);
    const wanted = groupsByComparingAll(prints);
    expect(wanted.length).toBeGreaterThan(0);
    const { order, sets, print } = pictures.compared();
    expect(sets.groups(order)).toEqual(wanted);
    expect(Array.from(order, (_, place) => print(place))).toEqual(Array.from(order, (picture) => at(prints, picture)));
  });

  it.each([
    { leakGuard: true, nearDuplicateGuard: true },
    { leakGuard: true, nearDuplicateGuard: false },
    { leakGuard: false, nearDuplicateGuard: true },
  ])('are left out one after another as if each was compared with all before it: %j', (guards) => {
    // Every seventh is held out, every eleventh is not in the cache.
    const ids = prints.map((_, id) => id);
    const images = {
      candidates: Int32Array.from(ids.filter((id) => id % 7 !== 0)),
      heldOut: Int32Array.from(ids.filter((id) => id % 7 === 0)),
      cache: { cacheDirectory: '', cacheSizePx: 0 },
    };
    const known = { has: (id: number) => id % 11 !== 0, fingerprint: (id: number) => at(prints, id), close: () => {} };
    const found = repeatsAmong(images, guards, undefined, () => known);
    expect(found).toEqual(repeatsOneByOne(prints, images, known.has, guards));
    expect(found.excluded.length).toBeGreaterThan(0);
  });

  it('are found by the first that is kept', () => {
    const index = new NearDuplicateIndex();
    const kept: Uint8Array[] = [];
    for (const print of prints) {
      const known = index.has(print);
      expect(known).toBe(kept.some((other) => areNearDuplicates(other, print)));
      if (known) continue;
      kept.push(print);
      index.add(print);
    }
    expect(kept.length).toBeLessThan(prints.length);
  });
});

describe('near-copies', () => {
  /** A white picture with a thing of these levels at its centre. */
  const onWhite = (levels: readonly number[], change = (level: number) => level) => {
    const print = new Uint8Array(FINGERPRINT_BYTES).fill(change(250), 8);
    for (const [place, cell] of [5, 6, 9, 10].entries())
      print.fill(change(at(levels, place)), 8 + 3 * cell, 11 + 3 * cell);
    return print;
  };
  const thing = [120, 130, 110, 125];

  it('may be brighter or blurred, but do not show another thing on the same background', () => {
    const original = onWhite(thing);
    expect(
      areNearDuplicates(
        original,
        onWhite(thing, (level) => Math.round(0.97 * level)),
      ),
    ).toBe(true);
    expect(areNearDuplicates(original, onWhite([130, 125, 120, 130]))).toBe(true);
    expect(areNearDuplicates(original, onWhite([120, 130, 145, 125]))).toBe(false);
  });

  it('differ less where there is less to see', () => {
    const faint = onWhite([236, 240, 238, 235]);
    expect(areNearDuplicates(faint, onWhite([244, 240, 238, 243]))).toBe(true);
    expect(areNearDuplicates(faint, onWhite([236, 240, 247, 235]))).toBe(false);
  });

  it('are so in both directions, whatever each of them ranges over', () => {
    const random = new CounterRandom(5, 1);
    const counts = [0, 0];
    for (let pair = 0; pair < 2000; pair++) {
      const range = 24 + random.integer(100);
      const one = new Uint8Array(FINGERPRINT_BYTES).map((_, byte) => (byte < 8 ? 0 : 100 + random.integer(range)));
      const other = one.map((level, byte) => (byte < 8 ? 0 : level - 6 + random.integer(13)));
      other[8 + random.integer(48)] = 90 + random.integer(range + 20);
      const areNear = areNearDuplicates(one, other);
      expect(areNearDuplicates(other, one)).toBe(areNear);
      counts[Number(areNear)] = at(counts, Number(areNear)) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(100);
  });
});

describe('hashes', () => {
  /** Distinct ones whose bits are set with this probability, apart from the first band, which is the same for all. */
  function hashes(share: number, count: number) {
    const random = new CounterRandom(11, count);
    const half = (fixed: number) => {
      let bits = 0;
      for (let bit = 0; bit < 32 - fixed; bit++) if (random.uniform() < share) bits |= 1 << bit;
      return bits;
    };
    const all = new Map<string, readonly [number, number]>();
    for (let tried = 0; tried < 4 * count && all.size < count; tried++) {
      const hash = [half(16), half(0)] as const;
      all.set(hash.join(), hash);
    }
    return [...all.values()];
  }

  it.each([
    ['of as many set as unset bits', 0.5],
    ['with few bits set', 0.08],
    ['with very few bits set', 0.03],
  ])('%s that share a band are paired as comparing all with all does, each pair once', (_, share) => {
    const all = hashes(share, 1500);
    const firsts = Int32Array.from(all, ([first]) => first);
    const seconds = Int32Array.from(all, ([, second]) => second);
    const wanted: string[] = [];
    for (let one = 0; one < all.length; one++) {
      for (let other = one + 1; other < all.length; other++) {
        const [a, b] = [at(firsts, one) ^ at(firsts, other), at(seconds, one) ^ at(seconds, other)];
        if (areHashesNear(a, b)) wanted.push(`${one} ${other}`);
      }
    }
    const found: string[] = [];
    eachNearPair(firsts, seconds, (one, other) => found.push(`${Math.min(one, other)} ${Math.max(one, other)}`));
    expect(found.sort()).toEqual(wanted.sort());
  });
});
