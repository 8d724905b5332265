/** The sample's pictures, drawn once for all workers and kept for the next run: they are the same wherever they are drawn. */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { generateSampleCollection } from '../../main/images/sample/sample-collection.ts';
import { SAMPLE, samplePlaces } from '../../main/pipeline/sample-project.ts';

const DRAWN = 'test-output/drawn-sample';

/** Before the workers begin. */
export async function drawOnce(): Promise<void> {
  await generateSampleCollection(DRAWN, SAMPLE);
}

/** `projects`: the folder that a workbench makes its projects in. */
export async function layDrawnSample(projects: string): Promise<void> {
  const { images } = samplePlaces(join(projects, 'Understudy sample'));
  await cp(DRAWN, images, { recursive: true, preserveTimestamps: true });
}
