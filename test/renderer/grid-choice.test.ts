/** Choosing in a grid of matching images. */
import { expect, it, vi } from 'vitest';

vi.stubGlobal('window', { location: { origin: 'http://127.0.0.1' } });
const { ALL_MATCHING, chosenCount, chosenWith, isChosenImage, ONE_CHOSEN, targetOf } = await import(
  '../../renderer/features/hand-labelling/grid-choice.ts'
);

it('shift chooses a range, and a click after “all that match” starts a new selection', () => {
  const some = chosenWith(chosenWith(ONE_CHOSEN, 2, 'only'), 5, 'range');
  expect([chosenCount(some, 100), isChosenImage(some, 4), isChosenImage(some, 6)]).toEqual([4, true, false]);
  expect(chosenCount(ALL_MATCHING, 100)).toBe(100);
  expect(chosenCount(chosenWith(ALL_MATCHING, 7, 'toggle'), 100)).toBe(1);
});

it('“all that match” is a query, not a list', async () => {
  const query = { part: 'unlabelled', search: '2023' } as const;
  expect(await targetOf('p', query, ALL_MATCHING, () => undefined)).toEqual({ kind: 'matching', query });
});

it('chosen indices become the images at these places, requested a thousand at a time', async () => {
  const asked: string[] = [];
  vi.stubGlobal('fetch', async (input: string) => {
    const url = new URL(input);
    asked.push(url.search);
    const [offset, limit] = ['offset', 'limit'].map((name) => Number(url.searchParams.get(name)));
    const images = Array.from({ length: limit ?? 0 }, (_, at) => ({
      imageId: 10 + (offset ?? 0) + at,
      classId: null,
      name: '',
    }));
    return Response.json({ total: 5000, offset, images });
  });
  const chosen = chosenWith(chosenWith(ONE_CHOSEN, 1, 'only'), 1500, 'range');
  const target = await targetOf('p', { part: 'unlabelled' }, chosen, () => undefined);
  expect(asked.length).toBe(2);
  expect(target).toEqual({ kind: 'images', imageIds: Array.from({ length: 1500 }, (_, at) => 11 + at) });
});

it('chosen indices in sight become the images seen there, without a request', () => {
  const chosen = chosenWith(chosenWith(ONE_CHOSEN, 2, 'only'), 4, 'range');
  const seen = (index: number) => ({ imageId: 100 + index });
  expect(targetOf('p', { part: 'unlabelled' }, chosen, seen)).toEqual({ kind: 'images', imageIds: [102, 103, 104] });
});
