/**
 * Tags as weak labels: the frequent ones, and the images that have them. An image's target is shared equally over its k
 * tags, 1/k each (Mahajan et al., 2018, as in the paper), or 1 for each if every tag is predicted independently.
 * Held-out images are excluded, since a tag may well give the answer away.
 */
import { createHash } from 'node:crypto';
import { at } from '../at.ts';
import { taggedImages } from '../catalogue/image-tags.ts';
import type { Project } from '../catalogue/project.ts';
import { ExpectedFailure } from '../failure.ts';
import type { SoftTargets } from '../training/soft-targets.ts';
import type { CollectionSets } from './collection.ts';
import { digest } from './collection-digests.ts';
import type { TagLearning } from './resolve-recipe.ts';

export interface LearntTags {
  /** In the order of the network's outputs. */
  readonly names: readonly string[];
  readonly imageIds: Int32Array;
  readonly targets: SoftTargets;
  /** Identifies images, their file versions and their tags. */
  readonly digest: string;
}

export class NoTags extends ExpectedFailure {}

/** Throws `NoTags`. */
export async function learntTags(
  project: Project,
  { heldOut }: Pick<CollectionSets, 'heldOut'>,
  { most, least }: TagLearning,
): Promise<LearntTags> {
  const {
    tags: names,
    imageIds: rows,
    places,
  } = await taggedImages(project.database, { most, least }, heldOut.imageIds);
  if (names.length < 2) {
    throw new NoTags(
      `Only ${names.length} ${names.length === 1 ? 'tag has' : 'tags have'} at least ${least} images: a teacher needs two or more to learn from; add images with tags (a manifest or sidecars beside them), or set teacher.tags to null.`,
    );
  }
  const first = Array.from(rows.keys()).filter((row) => row === 0 || rows[row] !== rows[row - 1]);
  const counts = first.map((row, image) => (first[image + 1] ?? rows.length) - row);
  const width = counts.reduce((widest, count) => Math.max(widest, count), 1);
  const targets = {
    width,
    outputs: new Int32Array(first.length * width).fill(-1),
    shares: new Float32Array(first.length * width),
  };
  for (const [image, row] of first.entries()) {
    const count = at(counts, image);
    for (let tag = 0; tag < count; tag++) {
      targets.outputs[image * width + tag] = at(places, row + tag);
      targets.shares[image * width + tag] = 1 / count;
    }
  }
  const imageIds = Int32Array.from(first, (row) => at(rows, row));
  const said = createHash('sha256').update(JSON.stringify(names)).update(`${rows.join()};${places.join()};`);
  said.update(await digest(project, imageIds, new Int32Array()));
  return { names, imageIds, targets, digest: said.digest('hex') };
}

/** Stand-ins for classes in a training on tags: ids that no class has. */
export function tagClasses({ names }: Pick<LearntTags, 'names'>) {
  return { classIds: names.map((_, place) => -1 - place), classNames: names, firstNames: names };
}
