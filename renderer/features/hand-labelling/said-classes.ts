/** The classes that this page's labels give to single images, before the workbench confirms them. */
import type { LabelSetting } from '../../../main/api/contract.ts';
import type { GivenAnswer } from '../../acts/answer-queue.ts';
import type { HandLabel } from './hand-labels.ts';

export type SaidOfImage = Pick<HandLabel, 'decision' | 'classId'>;

/** The answers that stand, by image, in order. */
export function saidByImage(given: readonly GivenAnswer<HandLabel>[]): ReadonlyMap<number, readonly SaidOfImage[]> {
  const said = new Map<number, SaidOfImage[]>();
  for (const { answer, state } of given) {
    if (state === 'takingBack') continue;
    for (const imageId of answer.imageIds) said.set(imageId, [...(said.get(imageId) ?? []), answer]);
  }
  return said;
}

/**
 * For one image. If it may have several classes, each label adds one and each removal removes one; otherwise the last label is
 * its class. What remains after a removal is known only to the workbench.
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
