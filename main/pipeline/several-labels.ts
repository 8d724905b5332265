/**
 * Images with several classes as a network learns them: one image, and its classes as a row of zeros and ones. An image
 * with any label is assumed to have no classes other than its labels.
 */
import { at } from '../at.ts';
import type { LabelledIds } from '../catalogue/catalogue.ts';
import type { RunClasses } from '../catalogue/run-classes.ts';
import { foldedLabels } from '../catalogue/several-labelled.ts';
import { WrongUsage } from '../failure.ts';
import type { NetworkConfig } from '../models/network.ts';
import type { SoftTargets } from '../training/soft-targets.ts';
import { outputsOf } from './outputs-of.ts';
import type { Recipe } from './recipe-schema.ts';
import type { TrainingPlan } from './train-stage.ts';

/** Makes a network, and its training, predict each class independently if images may have several. */
export function judgedBy(network: NetworkConfig, several: true | undefined): Pick<TrainingPlan, 'network' | 'loss'> {
  return several ? { network: { ...network, outputs: 'sigmoid' }, loss: 'sigmoid' } : { network };
}

/** The classes of each image, as outputs of the network. */
export function severalTargets(classes: RunClasses, images: LabelledIds): SoftTargets {
  const { imageIds, further } = images;
  const others = new Map<number, number[]>();
  const outputs = further ? outputsOf(classes, further.classIds) : new Int32Array();
  for (const [row, imageId] of (further?.imageIds ?? new Int32Array()).entries()) {
    const known = others.get(imageId);
    if (known) known.push(at(outputs, row));
    else others.set(imageId, [at(outputs, row)]);
  }
  const width = 1 + [...others.values()].reduce((most, own) => Math.max(most, own.length), 0);
  const targets = {
    width,
    outputs: new Int32Array(imageIds.length * width).fill(-1),
    shares: new Float32Array(imageIds.length * width),
  };
  const first = outputsOf(classes, images.classIds);
  for (const [row, imageId] of imageIds.entries()) {
    const own = [at(first, row), ...(others.get(imageId) ?? [])];
    targets.outputs.set(own, row * width);
    targets.shares.fill(1, row * width, row * width + own.length);
  }
  return targets;
}

/** Turns a selection in which an image may appear for several classes into images that have all of them. */
export function foldedSelection({ imageIds, classIds }: Pick<LabelledIds, 'imageIds' | 'classIds'>): LabelledIds {
  const order = [...imageIds.keys()].sort(
    (a, b) => at(imageIds, a) - at(imageIds, b) || at(classIds, a) - at(classIds, b),
  );
  const sorted = (ids: Int32Array) => Int32Array.from(order, (place) => at(ids, place));
  return foldedLabels(sorted(imageIds), sorted(classIds));
}

/** Throws `WrongUsage` if a recipe uses something that supports only one class per image. */
export function requireSeveralPossible({ teacher, pretrain }: Recipe): void {
  const why = 'does not support images with several classes';
  if (teacher.features !== null) {
    throw new WrongUsage(
      `teacher.features: a classifier over the features of a brought network ${why}: set it to null, and the teacher is a network of its own (teacher.startFrom takes brought weights).`,
    );
  }
  if (pretrain.targets === 'soft') {
    throw new WrongUsage(
      `pretrain.targets=soft ${why}: an image is trained on all classes that it was chosen for; set hard.`,
    );
  }
}
