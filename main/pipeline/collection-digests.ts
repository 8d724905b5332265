/** Hashes of which images, which labels and which file versions are in each set: what the names of runs are made from. */
import { createHash } from 'node:crypto';
import type { Project } from '../catalogue/project.ts';
import type { CollectionSets } from './collection.ts';

export interface CollectionDigests {
  readonly labelled: string;
  readonly unlabelled: string;
  readonly heldOut: string;
}

export async function digestsOf(
  project: Project,
  { labelled, unlabelled, heldOut }: Pick<CollectionSets, 'labelled' | 'unlabelled' | 'heldOut'>,
): Promise<CollectionDigests> {
  return {
    labelled: await digest(project, labelled.imageIds, labelled.classIds),
    unlabelled: await digest(project, unlabelled, new Int32Array()),
    heldOut: await digest(project, heldOut.imageIds, heldOut.classIds),
  };
}

async function digest({ catalogue }: Project, imageIds: Int32Array, classIds: Int32Array): Promise<string> {
  const hash = createHash('sha256').update(bytesOf(imageIds)).update(bytesOf(classIds));
  for await (const { bytes, modifiedMs } of catalogue.eachImage({ ids: imageIds }))
    hash.update(`${bytes} ${modifiedMs};`);
  return hash.digest('hex');
}

function bytesOf({ buffer, byteOffset, byteLength }: Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
