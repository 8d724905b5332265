import { expect, it } from 'vitest';
import type { GivenAnswer } from '../../renderer/acts/answer-queue.ts';
import type { HandLabel } from '../../renderer/features/hand-labelling/hand-labels.ts';
import { classesAfter, saidByImage } from '../../renderer/features/hand-labelling/said-classes.ts';

const label = (classId: number, ...imageIds: number[]): HandLabel => ({
  ...{ decision: 'label', classId, imageIds, images: '', className: '' },
  target: { kind: 'images', imageIds },
});
const taken = (classId: number | null, ...imageIds: number[]): HandLabel => ({
  ...label(0, ...imageIds),
  decision: 'clearLabel',
  classId,
});
const given = (...answers: readonly (HandLabel | readonly [HandLabel, 'takingBack'])[]): GivenAnswer<HandLabel>[] =>
  answers.map((one, turn) =>
    'decision' in one
      ? { turn, answer: one, state: 'kept', error: null }
      : { turn, answer: one[0], state: one[1], error: null },
  );

it('collects the answers that stand by image, in order', () => {
  const said = saidByImage(given(label(1, 7), [label(2, 7), 'takingBack'], label(3, 7, 8), taken(1, 7)));
  expect(said.get(7)?.map(({ classId }) => classId)).toEqual([1, 3, 1]);
  expect(said.get(8)?.map(({ classId }) => classId)).toEqual([3]);
  expect(said.get(9)).toBeUndefined();
});

it('with one class per image, the last answer counts, and the image’s own class if it was taken back', () => {
  expect(classesAfter([4], [], 'one')).toEqual([4]);
  expect(classesAfter([4], [label(1), label(2)], 'one')).toEqual([2]);
  expect(classesAfter([4], [label(1), taken(1)], 'one')).toEqual([4]);
});

it('with several classes per image, they are added and removed one by one, or all at once', () => {
  expect(classesAfter([4], [label(1), label(4), taken(4)], 'several')).toEqual([1]);
  expect(classesAfter([4, 5], [taken(null), label(2)], 'several')).toEqual([2]);
  expect(classesAfter([], [label(1), label(1)], 'several')).toEqual([1]);
});
