import { expect, test } from 'vitest';
import { at } from '../../../main/at.ts';
import { CPU } from '../../../main/engines/device.ts';
import { onnxRuntimeEngine } from '../../../main/engines/onnxruntime/onnxruntime-engine.ts';
import { CounterRandom } from '../../../main/random.ts';
import { openHead } from '../../../main/training/head-answers.ts';
import { leftOutTop1, nearestVotes, normalisedRows } from '../../../main/training/nearest-neighbours.ts';

const target = { device: CPU, threads: 1 };

/** [rows, dimension] */
function drawn(rows: number, dimension: number): Float32Array {
  const random = new CounterRandom(3, rows);
  return Float32Array.from({ length: rows * dimension }, () => random.normal());
}

/** DINO's knn_classifier in double precision: the whole list sorted, votes summed class by class. */
function reference(query: readonly number[], known: readonly (readonly number[])[], labels: readonly number[]) {
  const length = (row: readonly number[]) => Math.hypot(...row);
  const cosines = known.map(
    (row) => row.reduce((sum, value, place) => sum + value * at(query, place), 0) / length(row) / length(query),
  );
  const nearest = [...cosines.keys()].sort((a, b) => at(cosines, b) - at(cosines, a)).slice(0, 5);
  const votes = [0, 1, 2].map((label) =>
    nearest
      .filter((index) => at(labels, index) === label)
      .reduce((sum, index) => sum + Math.exp(at(cosines, index) / 0.07), 0),
  );
  const total = votes.reduce((a, b) => a + b, 0);
  return votes.map((vote) => vote / total);
}

test('the nearest vote as in DINO, in batches of any size', async () => {
  const [dimension, labels] = [8, [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 0]];
  const known = drawn(labels.length, dimension);
  const queries = drawn(7, dimension);
  const described = { classNames: ['a', 'b', 'c'], extractor: 'eyes-000000000000', neighbours: 5, temperature: 0.07 };
  const rows = (values: Float32Array) =>
    Array.from({ length: values.length / dimension }, (_, row) => [
      ...values.subarray(row * dimension, (row + 1) * dimension),
    ]);
  const head = { kind: 'nearest', known: normalisedRows(known, dimension), labels: Float32Array.from(labels) } as const;
  const answers = await openHead({ ...head, ...described, dimension }, 4, onnxRuntimeEngine, target);
  try {
    const found = [
      ...(await answers.of(queries.subarray(0, 4 * dimension), 4)),
      ...(await answers.of(queries.subarray(4 * dimension), 3)),
    ];
    const expected = rows(queries).flatMap((query) => reference(query, rows(known), labels));
    for (const [place, value] of expected.entries()) expect(at(found, place)).toBeCloseTo(value, 4);
  } finally {
    await answers.close();
  }
});

test('fewer images than neighbours all vote; a zero vector has an answer too', () => {
  const neighbourhood = { neighbours: 20, temperature: 0.07, labels: [0, 1], classes: 2 };
  const [first, second] = nearestVotes(Float32Array.of(0.9, 0.2), neighbourhood);
  expect(first).toBeGreaterThan(0.99);
  expect((first ?? 0) + (second ?? 0)).toBeCloseTo(1, 6);
  expect([...normalisedRows(Float32Array.of(0, 0, 3, 4), 2)]).toEqual([0, 0, Math.fround(0.6), Math.fround(0.8)]);
});

test('the accuracy of neighbours is counted without the image itself', () => {
  const twins = normalisedRows(Float32Array.of(1, 0, 1, 0.1, 0, 1, 0.1, 1), 2);
  const ask = (labels: number[]) => leftOutTop1(twins, 2, { neighbours: 1, temperature: 0.07, labels, classes: 2 });
  expect(ask([0, 0, 1, 1])).toBe(1);
  expect(ask([0, 1, 0, 1])).toBe(0);
});
