/**
 * The teacher's probabilities for the selected images, as soft targets. If the user pinned an image to a class, the pin
 * takes precedence: the image is trained on that class alone.
 */
import { at } from '../at.ts';
import { readDecisions } from '../catalogue/decisions.ts';
import type { Project } from '../catalogue/project.ts';
import { scoresOfImages } from '../catalogue/scores-of-images.ts';
import type { Selection } from '../catalogue/selection.ts';
import { ExpectedFailure } from '../failure.ts';
import type { SoftTargets } from '../training/soft-targets.ts';
import type { Collection } from './collection.ts';

export class NoProbabilities extends ExpectedFailure {}

/** Tolerance for rounding when several teachers are combined. */
const MOST = 1 + 1e-3;

/** Throws `NoProbabilities` if the teacher's scores are not probabilities, and `StoredDataDamaged`. */
export async function softTargetsOf(
  project: Project,
  { classIds: known }: Pick<Collection, 'classIds'>,
  labelRunId: string,
  { imageIds, classIds }: Pick<Selection, 'imageIds' | 'classIds'>,
): Promise<SoftTargets> {
  const outputs = new Map(known.map((classId, output) => [classId, output]));
  const { pins } = await readDecisions(project.database);
  const pinned = new Set(Array.from(pins.imageIds, (imageId, place) => `${imageId} ${at(pins.classIds, place)}`));
  const said = await scoresOfImages(project, labelRunId, new Set(imageIds));
  const rows = Array.from(imageIds, (imageId, place) => {
    const classId = at(classIds, place);
    const scores = said.get(imageId);
    if (!scores || pinned.has(`${imageId} ${classId}`)) return [{ classId, probability: 1 }];
    // A class that has since been removed is left out.
    return scores.filter((one) => outputs.has(one.classId));
  });
  const width = Math.max(1, ...new Set(rows.map(({ length }) => length)));
  const targets = {
    width,
    outputs: new Int32Array(rows.length * width).fill(-1),
    shares: new Float32Array(rows.length * width),
  };
  for (const [row, classes] of rows.entries()) {
    for (const [place, { classId, probability }] of classes.entries()) {
      if (!(probability >= 0 && probability <= MOST)) {
        throw new NoProbabilities(
          `The teacher gave a score of ${probability}, which is not a probability: soft targets need a teacher that gives probabilities; leave pretrain.targets at hard.`,
        );
      }
      targets.outputs[row * width + place] = outputs.get(classId) ?? -1;
      targets.shares[row * width + place] = probability;
    }
  }
  return targets;
}
