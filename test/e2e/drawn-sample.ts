/** The sample's pictures, drawn once for all workers and kept for the next run: they are the same on every machine. */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { generateSampleCollection, SAMPLE_MARK } from '../../main/images/sample/sample-collection.ts';
import { SAMPLE, samplePlaces } from '../../main/pipeline/sample-project.ts';

const DRAWN = 'test-output/drawn-sample';

/** Before the workers start. */
export async function drawOnce(): Promise<void> {
  await generateSampleCollection(DRAWN, SAMPLE);
}

/**
 * `projects`: the folder in which a workbench makes its projects. Without the mark that everything is drawn, so that the
 * drawing job exists, finds the pictures and does the rest.
 */
export async function layDrawnSample(projects: string): Promise<void> {
  const { images } = samplePlaces(join(projects, 'Understudy sample'));
  const filter = (path: string) => path !== join(DRAWN, SAMPLE_MARK);
  await cp(DRAWN, images, { recursive: true, preserveTimestamps: true, filter });
}
