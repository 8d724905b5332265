import fc from 'fast-check';
import { expect, it } from 'vitest';
import { IdSet } from '../../main/id-set.ts';

it('has what a set has', () => {
  const ids = fc.array(fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 40_000_000 })));
  fc.assert(
    fc.property(ids, ids, (added, asked) => {
      const [own, plain] = [new IdSet(added), new Set(added)];
      expect(own.size).toBe(plain.size);
      for (const id of [...added, ...asked, ...added.map((one) => one + 1)]) expect(own.has(id)).toBe(plain.has(id));
    }),
  );
});

it('refuses anything that is not an id', () => {
  for (const id of [-1, 0.5, 2 ** 32, Number.NaN]) expect(() => new IdSet([id])).toThrow(RangeError);
});
