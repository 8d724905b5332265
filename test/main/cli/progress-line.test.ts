import fc from 'fast-check';
import { expect, it } from 'vitest';
import { progressLine } from '../../../main/cli/progress-line.ts';

const state = { label: 'Decoding', done: 120, total: 480, unit: 'images', perSecond: 40, detail: 'loss 1.2' };

it('has a bar where there is room, and otherwise begins with the percentage', () => {
  expect(progressLine(state, 120)).toBe(
    `  Decoding               ${'█'.repeat(10)}${'░'.repeat(30)} 25% · 120/480 images · 40/s · 9s left · loss 1.2`,
  );
  expect(progressLine(state, 80)).toBe('25% Decoding 9s left 120/480 images 40/s loss 1.2');
  expect(progressLine(state, 20)).toBe('25% Decoding 9s left');
  expect(progressLine({ ...state, label: 'Reading', total: undefined, unit: 'files' }, 20)).toBe(
    '120 files Reading 40',
  );
});

it('is never longer than the terminal, and never shows an impossible time or percentage', () => {
  const states = fc.record({
    label: fc.string(),
    done: fc.nat(),
    total: fc.option(fc.nat(), { nil: undefined }),
    unit: fc.constant('images'),
    perSecond: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: undefined }),
    detail: fc.string(),
  });
  fc.assert(
    fc.property(states, fc.integer({ min: 1, max: 300 }), (drawn, columns) => {
      const line = progressLine(drawn, columns);
      expect([...line].length).toBeLessThanOrEqual(columns);
      const own = progressLine({ ...drawn, label: '', detail: '' }, 300);
      expect(own).not.toMatch(/NaN|Infinity|-\d+s|\b1\d\d%[^ ]/);
    }),
  );
});
