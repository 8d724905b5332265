/** What the labels of this page say of single images, before the workbench says it too. */
import type { LabelSetting } from '../../../main/api/contract.ts';
import type { GivenAnswer } from '../../acts/answer-queue.ts';
import type { HandLabel } from './hand-labels.ts';

export type SaidOfImage = Pick<HandLabel, 'decision' | 'classId'>;

/** The answers that stand, by image, in their order. */
export function saidByImage(given: readonly GivenAnswer<HandLabel>[]): ReadonlyMap<number, readonly SaidOfImage[]> {
  const said = new Map<number, SaidOfImage[]>();
  for (const { answer, state } of given) {
    if (state === 'takingBack') continue;
    for (const imageId of answer.imageIds) said.set(imageId, [...(said.get(imageId) ?? []), answer]);
  }
  return said;
}

/**
 * Of one image. Where it may have several classes, each label adds one and each that is taken back takes one; else the last
 * label is its class, and what stands after one is taken back only the workbench knows.
 */
export function classesAfter(
  before: readonly number[],
  said: readonly SaidOfImage[],
  labels: LabelSetting,
): readonly number[] {
  if (labels === 'one') {
    const last = said.at(-1);
    return last?.decision === 'label' && last.classId !== null ? [last.classId] : before;
  }
  return said.reduce<readonly number[]>((classIds, { decision, classId }) => {
    if (classId === null) return [];
    const others = classIds.filter((id) => id !== classId);
    return decision === 'label' ? [...others, classId] : others;
  }, before);
}
