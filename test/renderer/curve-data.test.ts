import { describe, expect, it } from 'vitest';
import {
  aligned,
  appendPoints,
  heldOutShares,
  type Line,
  measured,
  tablePlaces,
  valueNear,
} from '../../renderer/training/curve-data.ts';

const point = (imagesProcessed: number, loss: number) => ({ imagesProcessed, loss, learningRate: 0.1 });
const line = (key: string, points: Line['points']): Line => ({ key, name: key, tone: 'student', dash: [], points });

describe('a curve that grows', () => {
  it('takes new points at its end', () => {
    expect(appendPoints([point(10, 2)], [point(20, 1)])).toEqual([point(10, 2), point(20, 1)]);
  });

  it('drops what a training repeats after resuming from its checkpoint', () => {
    const known = [point(10, 3), point(20, 2), point(30, 1)];
    expect(appendPoints(known, [point(20, 2.5), point(30, 1.5)])).toEqual([
      point(10, 3),
      point(20, 2.5),
      point(30, 1.5),
    ]);
  });

  it('stays unchanged when nothing arrived', () => {
    expect(appendPoints([point(10, 3)], [])).toEqual([point(10, 3)]);
  });
});

it('draws the accuracy on held-out images, each share with its interval', () => {
  const asked = { images: 100, correct: 50, shown: [] };
  const curve = [point(10, 3), { ...point(20, 2), heldOut: asked }, point(30, 1)];
  const { points, band } = heldOutShares(curve, 1000);
  expect(points).toEqual([[1020, 0.5]]);
  expect(band.flat().map((edge) => edge.toFixed(3))).toEqual(['0.404', '0.596']);
  const trained = line('training', [
    [1010, 0.4],
    [1020, 0.5],
  ]);
  const { values, bands } = aligned([trained, { ...line('held out', points), band }]);
  expect(values[1]).toEqual([undefined, 0.5]);
  expect(bands).toEqual([{ low: [undefined, band[0]?.[0]], high: [undefined, band[0]?.[1]] }]);
});

describe('curves in one chart', () => {
  it('share one axis, with a gap where a line has no point of its own', () => {
    const { x, values } = aligned([
      line('a', [
        [10, 1],
        [30, 3],
      ]),
      line('b', [[20, 2]]),
    ]);
    expect(x).toEqual([10, 20, 30]);
    expect(values).toEqual([
      [1, undefined, 3],
      [undefined, 2, undefined],
    ]);
  });

  it('omit points without the metric and follow the run that they continue', () => {
    const curve = [point(10, 2), { ...point(20, 1), top1: 0.5 }];
    expect(measured(curve, 'top1', 100)).toEqual([[120, 0.5]]);
  });

  it('are read at the last point reached, and not beyond their end', () => {
    const read = line('a', [
      [10, 1],
      [30, 3],
    ]);
    expect([5, 10, 29, 30, 31].map((images) => valueNear(read, images))).toEqual([undefined, 1, 1, 3, undefined]);
  });

  it('become a table of a few rows that begins and ends with them', () => {
    const x = Array.from({ length: 1000 }, (_, place) => place * 7);
    const places = tablePlaces(x, 12);
    expect(places).toHaveLength(12);
    expect([places[0], places.at(-1)]).toEqual([0, 6993]);
    expect(tablePlaces([1, 2], 12)).toEqual([1, 2]);
  });
});
