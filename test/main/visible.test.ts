import { expect, it } from 'vitest';
import { visible, visibleLines } from '../../main/visible.ts';

it.each([
  ['new\nline', 'new\\nline'],
  ['tab\tand\rreturn', 'tab\\tand\\rreturn'],
  ['\x1B[31mred\x07', '\\x1B[31mred\\x07'],
  ['gpj.\u202Epwned', 'gpj.\\u202Epwned'],
  ['\u2066a\u2069\u200F\uFEFF\u2028', '\\u2066a\\u2069\\u200F\\uFEFF\\u2028'],
  ['half \uD800 a pair', 'half \\uD800 a pair'],
  ['\x85\x7F', '\\x85\\x7F'],
])('%j is written out', (name, shown) => {
  expect(visible(name)).toBe(shown);
  expect(visibleLines(`${name}\nnext`)).toBe(`${name.split('\n').map(visible).join('\n')}\nnext`);
});

it.each(['café', '猫', '👩‍👩‍👧', 'می‌خواهم', 'שלום', 'back\\slash', ' blank '])('%s stays as it is', (name) => {
  expect(visible(name)).toBe(name);
});
