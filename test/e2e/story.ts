/** What both stories use: a small collection, drawn once per run, and the settings that make its trainings short. */
import { join } from 'node:path';
import { generateSampleCollection, type SampleCollection } from '../../main/images/sample/sample-collection.ts';

/** In images processed: the shortest trainings that still have curves. */
export const LENGTHS = { teacher: 640, pretraining: 480, fineTuning: 240, baseline: 320 } as const;
export const MODEL = 'small-basic';
export const IMAGE_SIZE_PX = 32;
export const BATCH = 16;
export const WIDTH = 8;
/** Images per class. */
export const K = 6;

export interface StoryFolders extends Omit<SampleCollection, 'files'> {
  /** A folder to export to, not yet made, inside an existing one. */
  readonly exports: string;
}

/** In a folder that is emptied before every run. */
export async function drawStoryFolders(directory: string, name: string): Promise<StoryFolders> {
  const { labelled, unlabelled, heldOut } = await generateSampleCollection(join(directory, name, 'collection'), {
    seed: 5,
    labelledPerClass: 6,
    unlabelled: 160,
    heldOutPerClass: 4,
    sizePx: IMAGE_SIZE_PX,
  });
  return { labelled, unlabelled, heldOut, exports: join(directory, `exports ${name}`) };
}
