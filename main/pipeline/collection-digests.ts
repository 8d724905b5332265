/** Hashes of the images, labels and file versions in each set, from which the names of runs are derived. */
import { createHash, type Hash } from 'node:crypto';
import { at } from '../at.ts';
import type { FileVersions } from '../catalogue/catalogue.ts';
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

/** The latest digests of each open project: an estimate is requested for every setting that a user tries. */
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

/** Changes whenever a digest would, and is computed in a fraction of the time. */
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

const READ_AT_ONCE = 2 ** 20;
const HASHED_AT_ONCE = 4096;

/** With one class per image, the digest is the same as before several were possible. */
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

/** Of sorted ids. The versions of their files are read in parts: together they would need a hundred bytes an image. */
export async function digest(
  { catalogue }: Project,
  imageIds: Int32Array,
  classIds: Int32Array,
  atOnce = READ_AT_ONCE,
): Promise<string> {
  const hash = createHash('sha256').update(bytesOf(imageIds)).update(bytesOf(classIds));
  for (let first = 0; first < imageIds.length; first += atOnce) {
    hashVersions(hash, await catalogue.fileVersions(imageIds.subarray(first, first + atOnce)));
  }
  return hash.digest('hex');
}

function hashVersions(hash: Hash, { bytes, modifiedMs, format, formats }: FileVersions): void {
  const revisions = formats.map(pixelRevisionOf);
  for (let first = 0; first < bytes.length; first += HASHED_AT_ONCE) {
    const some = Array.from(bytes.subarray(first, first + HASHED_AT_ONCE), (size, index) => {
      const revision = at(revisions, at(format, first + index));
      const version = `${size} ${at(modifiedMs, first + index)}`;
      // The first revision is omitted, so that runs from before revisions existed are still reused.
      return revision === 1 ? `${version};` : `${version} ${revision};`;
    });
    hash.update(some.join(''));
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
