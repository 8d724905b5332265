import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at } from '../../../main/at.ts';
import { calibrated, calibrationOf } from '../../../main/pipeline/calibration.ts';
import { CounterRandom } from '../../../main/random.ts';

const CLASSES = 6;

/**
 * Images whose true class is drawn from the softmax of their logits, which a model then gives `sharper` times as
 * sharply.
 */
function drawn(images: number, sharper: number) {
  const random = new CounterRandom(7, 1);
  const probabilities = new Float32Array(images * CLASSES);
  const labels = new Int32Array(images);
  for (let image = 0; image < images; image++) {
    const logits = Array.from({ length: CLASSES }, () => 4 * random.uniform() - 2);
    const truth = softmax(logits);
    const said = softmax(logits.map((logit) => sharper * logit));
    probabilities.set(said, image * CLASSES);
    const place = random.uniform();
    let [label, sum] = [0, 0];
    for (const [classId, share] of truth.entries()) {
      if (place < sum) break;
      [label, sum] = [classId, sum + share];
    }
    labels[image] = label;
  }
  return { probabilities, labels };
}

function softmax(logits: readonly number[]): number[] {
  const exponents = logits.map(Math.exp);
  const sum = exponents.reduce((total, value) => total + value, 0);
  return exponents.map((value) => value / sum);
}

describe('temperature scaling', () => {
  it.each([0.5, 1, 3])('finds by how much a model is too sure of itself (%s)', (sharper) => {
    const { probabilities, labels } = drawn(8000, sharper);
    const found = calibrationOf(probabilities, labels, CLASSES);
    expect(found?.temperature).toBeGreaterThan(0.93 * sharper);
    expect(found?.temperature).toBeLessThan(1.07 * sharper);
    expect(found?.error.after).toBeLessThan(0.03);
    if (sharper !== 1) expect(found?.error.before).toBeGreaterThan(0.08);
  });

  it('never makes the loss larger on what it was fitted on, and never changes the order of classes', () => {
    const share = fc.double({ min: 1e-6, max: 1, noNaN: true });
    const row = fc.array(share, { minLength: 3, maxLength: 3 });
    const rows = fc.array(fc.tuple(row, fc.nat(2)), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(rows, (images) => {
        const given = images.map(([values]) => {
          const sum = values.reduce((total, value) => total + value, 0);
          return values.map((value) => value / sum);
        });
        const labels = Int32Array.from(images, ([, label]) => label);
        const found = calibrationOf(Float32Array.from(given.flat()), labels, 3);
        if (!found) throw new Error('these are probabilities');
        expect(found.logLoss.after).toBeLessThanOrEqual(found.logLoss.before + 1e-9);
        for (const values of given) {
          const shown = calibrated(values, found.temperature);
          expect(shown.reduce((total, value) => total + value, 0)).toBeCloseTo(1, 9);
          for (const [first, own] of values.entries()) {
            for (const [second, other] of values.entries()) {
              if (own > other) expect(at(shown, first)).toBeGreaterThanOrEqual(at(shown, second));
            }
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('keeps a model’s sharpness if no answer is wrong, and is undefined for scores that are not probabilities', () => {
    const right = Float32Array.of(0.9, 0.1, 0.2, 0.8);
    expect(calibrationOf(right, Int32Array.of(0, 1), 2)?.temperature).toBe(1);
    expect(calibrationOf(Float32Array.of(0.9, 0.5), Int32Array.of(0), 2)).toBeUndefined();
    expect(calibrationOf(Float32Array.of(Number.NaN, 1), Int32Array.of(0), 2)).toBeUndefined();
  });

  it('scales a shortlist like all classes, as far as the rest is spread evenly', () => {
    const whole = [0.6, 0.2, 0.05, 0.05, 0.05, 0.05];
    const all = calibrated(whole, 2.5);
    const few = calibrated(whole.slice(0, 2), 2.5, whole.length);
    expect(few[0]).toBeCloseTo(all[0] ?? 0, 12);
    expect(few[1]).toBeCloseTo(all[1] ?? 0, 12);
  });
});
