/** Hashes of which images, which labels and which file versions are in each set: what the names of runs are made from. */
import { createHash } from 'node:crypto';
import { at } from '../at.ts';
import { versionOfFiles } from '../catalogue/images/usable-images.ts';
import type { Project } from '../catalogue/project.ts';
import { pixelRevisionOf } from '../images/image-formats.ts';
import type { CollectionSets } from './collection.ts';

export interface CollectionDigests {
  readonly labelled: string;
  readonly unlabelled: string;
  readonly heldOut: string;
}

type Sets = Pick<CollectionSets, 'labelled' | 'unlabelled' | 'heldOut'>;

/** Of each open project the last ones: an estimate is asked for with every setting that a person tries. */
const remembered = new WeakMap<Project, { readonly stamp: string; readonly digests: CollectionDigests }>();

export async function digestsOf(project: Project, sets: Sets): Promise<CollectionDigests> {
  const stamp = await stampOf(project, sets);
  const before = remembered.get(project);
  if (before?.stamp === stamp) return before.digests;
  const { labelled, unlabelled, heldOut } = sets;
  const digests = {
    labelled: await digestOfLabels(project, labelled),
    unlabelled: await digest(project, unlabelled, new Int32Array()),
    heldOut: await digestOfLabels(project, heldOut),
  };
  remembered.set(project, { stamp, digests });
  return digests;
}

/** Changes with every change that changes a digest, and is there in a fraction of the time. */
async function stampOf({ database }: Project, { labelled, unlabelled, heldOut }: Sets): Promise<string> {
  const hash = createHash('sha256').update(await versionOfFiles(database));
  const further = [labelled, heldOut].flatMap((set) =>
    set.further ? [set.further.imageIds, set.further.classIds] : [],
  );
  const own = [labelled.imageIds, labelled.classIds, unlabelled, heldOut.imageIds, heldOut.classIds];
  for (const ids of [...own, ...further]) {
    hash.update(`;${ids.length};`).update(bytesOf(ids));
  }
  return hash.digest('hex');
}

const HASHED_AT_ONCE = 4096;

/** Images of one class each are named as they were before any could have several. */
async function digestOfLabels(project: Project, images: Sets['labelled']): Promise<string> {
  const own = await digest(project, images.imageIds, images.classIds);
  const { further } = images;
  if (!further) return own;
  return createHash('sha256')
    .update(own)
    .update(bytesOf(further.imageIds))
    .update(bytesOf(further.classIds))
    .digest('hex');
}

export async function digest({ catalogue }: Project, imageIds: Int32Array, classIds: Int32Array): Promise<string> {
  const hash = createHash('sha256').update(bytesOf(imageIds)).update(bytesOf(classIds));
  const { bytes, modifiedMs, format, formats } = await catalogue.fileVersions(imageIds);
  const revisions = formats.map(pixelRevisionOf);
  for (let first = 0; first < bytes.length; first += HASHED_AT_ONCE) {
    const some = Array.from(bytes.subarray(first, first + HASHED_AT_ONCE), (size, index) => {
      const revision = at(revisions, at(format, first + index));
      const version = `${size} ${at(modifiedMs, first + index)}`;
      // The first revision is not part of it, so that runs of before there were revisions are taken over.
      return revision === 1 ? `${version};` : `${version} ${revision};`;
    });
    hash.update(some.join(''));
  }
  return hash.digest('hex');
}

function bytesOf({ buffer, byteOffset, byteLength }: Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
