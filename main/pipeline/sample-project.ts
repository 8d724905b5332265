/**
 * The sample as a project: the same images, in the same order, with the same times, for the demo and for a first look.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createProject, openProject, type Project } from '../catalogue/project.ts';
import {
  generateSampleCollection,
  type SampleCollection,
  type SampleOptions,
} from '../images/sample/sample-collection.ts';
import { type ImportedFolder, importFolder } from './import-folder.ts';

/** How large it is. */
export type SampleSize = Omit<SampleOptions, 'signal' | 'onProgress'>;

export const SAMPLE: SampleSize = {
  seed: 20190502,
  labelledPerClass: 30,
  unlabelled: 3200,
  heldOutPerClass: 80,
  sizePx: 48,
};

const NAME = 'Sample';

/** Paths of the sample's parts in its folder: images beside the project, because a project contains no originals. */
export function samplePlaces(directory: string): { readonly images: string; readonly project: string } {
  return { images: join(directory, 'images'), project: join(directory, 'project') };
}

/** Draws the missing images. */
export async function drawSample(
  directory: string,
  options: Pick<SampleOptions, 'signal' | 'onProgress'>,
  size = SAMPLE,
): Promise<SampleCollection> {
  return await generateSampleCollection(samplePlaces(directory).images, { ...size, ...options });
}

/** Creates the project, or opens the existing one. */
export async function openSampleProject(directory: string): Promise<Project> {
  const folder = samplePlaces(directory).project;
  if (existsSync(join(folder, 'understudy.json'))) return await openProject(folder);
  return await createProject(folder, { name: NAME });
}

/** In this order: the images' ids, and with them the names of the runs, depend on it. */
export async function importSample(
  project: Project,
  sample: SampleCollection,
  options: { readonly signal: AbortSignal },
): Promise<ImportedFolder[]> {
  return [
    await importFolder(project, { kind: 'labelled', folder: sample.labelled, split: 'train' }, options),
    await importFolder(project, { kind: 'labelled', folder: sample.heldOut, split: 'test' }, options),
    await importFolder(project, { kind: 'unlabelled', folder: sample.unlabelled, split: null }, options),
  ];
}
