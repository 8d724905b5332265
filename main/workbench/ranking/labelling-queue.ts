/**
 * Which unlabelled images to label by hand next: those the newest teacher is unsure of (images-to-label.ts), or, for
 * `farthest`, those whose features are least like any labelled image's. Without scores or features, in random order.
 */
import {
  countImagesToLabel,
  imagesAsListed,
  imagesAtRandom,
  imagesByScore,
} from '../../catalogue/labels/images-to-label.ts';
import type { Project } from '../../catalogue/project.ts';
import { mostDifferent } from '../../pipeline/most-different.ts';
import { readRuns } from '../../pipeline/runs.ts';
import type { LabellingOrder, LabellingQueue } from '../contract/decisions.ts';
import { showingOf, shownScores } from './shown-scores.ts';

export async function labellingQueue(
  project: Project,
  order: LabellingOrder,
  limit: number,
  seed: number,
  /** Only images whose best class this is. */
  classId?: number,
): Promise<LabellingQueue> {
  const labelRun = (await readRuns(project)).findLast(({ stage, state }) => stage === 'label' && state === 'succeeded');
  const best = labelRun && classId !== undefined ? { labelRunId: labelRun.id, classId } : undefined;
  const total = await countImagesToLabel(project, best);
  const farthest = order === 'farthest' ? await mostDifferent(project, { count: limit, seed }) : undefined;
  const fellBack = order === 'farthest' ? farthest === undefined : order !== 'random' && labelRun === undefined;
  const images = await listed();
  const ids = images.map(({ imageId }) => imageId);
  const suggestions = labelRun && (await shownScores(project, labelRun.id, await showingOf(project, labelRun), ids));
  return {
    total,
    fellBack,
    images: images.map(({ imageId, relativePath }) => ({
      imageId,
      name: relativePath,
      suggestions: suggestions?.get(imageId) ?? [],
    })),
  };

  async function listed() {
    if (farthest) return await imagesAsListed(project.database, farthest);
    if (labelRun && order !== 'random' && order !== 'farthest') {
      return await imagesByScore(project, order, limit, labelRun.id, classId);
    }
    return await imagesAtRandom(project.database, seed, limit);
  }
}
