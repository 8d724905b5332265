import { describe, expect, it } from 'vitest';
import { at } from '../../../main/at.ts';
import { FINGERPRINT_BYTES } from '../../../main/images/fingerprint.ts';
import { NearDuplicateGroups, NearDuplicateIndex } from '../../../main/images/near-duplicates.ts';
import { areNearDuplicates } from '../../../main/images/near-fingerprints.ts';
import { CounterRandom } from '../../../main/random.ts';

const COUNT = 1500;

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
      for (let cell = 8; cell < FINGERPRINT_BYTES; cell++) other[cell] = Math.max(0, at(other, cell) - below(18));
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

function grouped(groupOf: readonly number[]): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const [one, group] of groupOf.entries()) groups.set(group, [...(groups.get(group) ?? []), one]);
  return groups;
}

describe.each([
  ['of all kinds', { hashBits: 64, levels: 120, copies: 2 }],
  ['on backgrounds that are nearly flat', { hashBits: 9, levels: 40, copies: 1 }],
  ['on flat backgrounds of many colours', { hashBits: 2, levels: 160, copies: 1 }],
  ['on flat backgrounds with specks', { hashBits: 12, levels: 24, copies: 1 }],
  ['that are nearly one picture', { hashBits: 3, levels: 10, copies: 3 }],
])('near-copies among pictures %s', (_, kind) => {
  const prints = drawn(7, kind);

  it('are in the groups that comparing all with all gives', async () => {
    const groups = new NearDuplicateGroups();
    for (const [id, print] of prints.entries()) groups.add(id, print);
    const wanted = groupsByComparingAll(prints);
    expect(wanted.length).toBeGreaterThan(0);
    expect(await groups.groups()).toEqual(wanted);
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
