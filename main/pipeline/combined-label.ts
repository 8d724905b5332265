/**
 * The labelling of any teacher. If it combines several, each labels the collection separately, and their score
 * partitions are combined in SQL; the result is a labelling like any other.
 */
import { type Combination, withCombinedScores } from '../catalogue/combined-scores.ts';
import { requireGoingOn } from '../failure.ts';
import type { Collection } from './collection.ts';
import { combinedTeacher } from './combined-teacher.ts';
import { requireLabeller } from './given-teacher.ts';
import { partitionNumbers, partitionOf } from './label-partition.ts';
import { labelInputs, labelStage, labelSteps } from './label-stage.ts';
import type { RunRecord } from './run-record.ts';
import { runStage, type StageWork } from './stage.ts';
import type { Workspace } from './workspace.ts';

/**
 * The least number of classes that each member is asked for, if there are as many: a class that a teacher left out
 * counts as unknown.
 */
export const LEAST_TOP_P = 10;

export async function labelWith(workspace: Workspace, collection: Collection, teacher: RunRecord): Promise<RunRecord> {
  const { project, recipe } = workspace;
  const combined = await combinedTeacher(project, teacher.id);
  if (!combined) return await labelStage(workspace, collection, teacher);
  const { topP } = recipe.label;
  const wide = Math.min(collection.classNames.length, Math.max(2 * topP, LEAST_TOP_P));
  const asked = { ...workspace, recipe: { ...recipe, label: { ...recipe.label, topP: wide } } };
  const labels: string[] = [];
  for (const member of combined.members) {
    const run = await requireLabeller(project, collection, member);
    labels.push((await labelWith(asked, collection, run)).id);
  }
  const work = async (stage: StageWork) => await combine(workspace, collection, { stage, labels, how: combined.how });
  return await runStage(workspace, labelInputs(recipe, collection, teacher), {
    ...labelSteps(project, collection),
    work,
  });
}

async function combine(
  { project, recipe, signal }: Workspace,
  { unlabelled }: Collection,
  { stage, labels, how }: { readonly stage: StageWork; readonly labels: readonly string[]; readonly how: Combination },
): Promise<Record<string, number>> {
  const startedMs = performance.now();
  const { topP, partitionImages } = recipe.label;
  const partitions = partitionNumbers(unlabelled.length, partitionImages);
  let rows = 0;
  await withCombinedScores(project, { labels, how, topP }, async (scoresOf) => {
    for (const partition of partitions) {
      requireGoingOn(signal);
      const imageIds = partitionOf(unlabelled, partition, partitionImages);
      const scores = await scoresOf(imageIds.toSorted());
      await project.scores.writeScores(stage.runId, partition, scores);
      rows += scores.image_id.length;
      stage.progress(partition * partitionImages + imageIds.length, unlabelled.length);
    }
  });
  await project.scores.finish(stage.runId, partitions.length);
  await project.scores.rankAll(stage.runId);
  return { images: unlabelled.length, topP, scores: rows, seconds: (performance.now() - startedMs) / 1000 };
}
