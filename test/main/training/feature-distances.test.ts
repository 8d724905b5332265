import { expect, test } from 'vitest';
import { at } from '../../../main/at.ts';
import { CounterRandom } from '../../../main/random.ts';
import { distancesFrom, gaussianOf } from '../../../main/training/feature-distances.ts';

const [IMAGES, DIMENSION] = [400, 3];

/** Features around (10, 4, 2) that vary a hundred times as much along (0, 1, 1) as across it, of any length. */
function features(): Float32Array {
  const random = new CounterRandom(1, 2);
  return Float32Array.from(
    Array.from({ length: IMAGES }, () => {
      const [along, across, length] = [random.normal(), 0.01 * random.normal(), 0.5 + random.uniform()];
      return [10, 4 + along + across, 2 + along - across].map((value) => value * length);
    }).flat(),
  );
}

function gaussian() {
  const made = gaussianOf(features(), DIMENSION);
  if (!made) throw new Error('features that vary have a distribution');
  return made;
}

test('squared distances are on average as many as the directions in which features of length 1 vary', () => {
  const squares = distancesFrom(gaussian(), features(), IMAGES).map((distance) => distance ** 2);
  const mean = squares.reduce((sum, square) => sum + square, 0) / IMAGES;
  // Two directions on the sphere; the narrow one is narrower than what is added to each variance.
  expect(mean).toBeGreaterThan(0.9);
  expect(mean).toBeLessThan(2);
});

test('what is unusual is far, however long the features are, and what a batch is padded with does not count', () => {
  const shown = Float32Array.of(10, 5, 3, 20, 10, 6, 10, 3, 5, 9, 9, 9);
  const distances = distancesFrom(gaussian(), shown, 3);
  expect(distances).toHaveLength(3);
  expect(at(distances, 1)).toBeCloseTo(at(distances, 0), 5);
  expect(at(distances, 2)).toBeGreaterThan(3 * at(distances, 0));
});

test('features that never vary, or are no numbers, have no distribution', () => {
  expect(gaussianOf(new Float32Array(30).fill(2), 3)).toBeUndefined();
  expect(gaussianOf(new Float32Array(30), 3)).toBeUndefined();
  expect(
    gaussianOf(
      Float32Array.from(features(), (value, index) => (index === 7 ? Number.NaN : value)),
      3,
    ),
  ).toBeUndefined();
});

test('with fewer images than features every distance is still a number', () => {
  const few = Float32Array.from({ length: 5 * 40 }, (_, index) => Math.sin(index * index));
  const made = gaussianOf(few, 40);
  if (!made) throw new Error('features that vary have a distribution');
  expect(distancesFrom(made, few, 5).every((distance) => distance > 0 && distance < 100)).toBe(true);
});
