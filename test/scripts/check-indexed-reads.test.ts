import { describe, expect, test } from 'vitest';
import { defaultedReads } from '../../scripts/check-indexed-reads.mjs';

const textsOf = (code: string) => defaultedReads('example.tsx', code).map(({ text }) => text);

describe('the check of indexed reads', () => {
  test.each([
    'ids[place] ?? 0',
    "names[place + 1] ?? ''",
    'places[last] ?? -1',
    'rows[row] ?? []',
    'values[i] ?? Number.NaN',
    'state[name] ?? new Float32Array()',
    'classes[id]?.kept ?? 0',
    'rows[row][0] ?? 0',
    '(pixels[i] as number | undefined) ?? 0',
  ])('refuses %s', (read) => {
    expect(textsOf(`const found = ${read};`)).toEqual([read]);
  });

  test.each([
    'at(ids, place)',
    'ids[0] ?? 0',
    'names[place] ?? null',
    'names[place] ?? otherName',
    'counts.get(keys[place]) ?? 0',
    'read(rows[row]) ?? []',
  ])('accepts %s', (read) => {
    expect(textsOf(`const found = ${read};`)).toEqual([]);
  });

  test('reports the line', () => {
    expect(defaultedReads('example.ts', 'const a = [1];\n\nexport const b = a[c] ?? 0;\n')).toEqual([
      { line: 3, text: 'a[c] ?? 0' },
    ]);
  });
});
