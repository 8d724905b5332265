import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { arrowsOf, drawn, withDrawing } from '../../scripts/draw-arrows.mjs';

const only = (room: string, ...allowed: string[]) => ({
  from: { path: `^main/${room}/` },
  to: { path: '^main/', pathNot: [...allowed.map((other) => `^main/${other}/`), '^main/[^/]+\\.ts$'] },
});

const RULES = {
  forbidden: [
    { from: {}, to: { path: 'circular' } },
    only('cli', 'cli', 'models', 'graph'),
    only('models', 'models', 'graph'),
    only('graph', 'graph'),
    { from: { path: '^renderer/' }, to: { path: '^(main|electron)/', pathNot: '^main/(api/(contract|app)|at)\\.ts$' } },
    { from: { path: '^renderer/components/' }, to: { path: '^renderer/views/' } },
  ],
};

it('draws what the rules allow: direct arrows as a diagram, all of them as a list', () => {
  expect([...arrowsOf(RULES)]).toEqual([
    ['cli', ['models', 'graph']],
    ['models', ['graph']],
    ['graph', []],
    ['renderer', ['api']],
  ]);
  const drawing = drawn(arrowsOf(RULES));
  expect(drawing.match(/^ {2}.* --> .*$/gm)).toEqual(['  cli --> models', '  models --> graph', '  renderer --> api']);
  expect(drawing).toContain('cli      ─► models, graph\n');
});

it('matches ARCHITECTURE.md to this repository’s rules, and differs for another rule', () => {
  const text = readFileSync(new URL('../../ARCHITECTURE.md', import.meta.url), 'utf8');
  const rules = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as typeof RULES;
  expect(withDrawing(text, drawn(arrowsOf(rules)))).toBe(text);
  const loosened = { forbidden: [...rules.forbidden, only('graph', 'images')] };
  expect(withDrawing(text, drawn(arrowsOf(loosened)))).not.toBe(text);
});
