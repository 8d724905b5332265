/**
 * The teacher labels the collection (section 3.2, first half): softmax over the classes for every image of U, the P highest
 * of which are kept. Written in partitions; a partition that is done is never done again.
 */
import { at } from '../at.ts';
import { saveRunClasses } from '../catalogue/run-classes.ts';
import type { ScoredBatch } from '../training/predict-request.ts';
import { topClasses } from '../training/top-classes.ts';
import type { Collection } from './collection.ts';
import { predictorOf } from './predictor.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';
import type { RunRecord } from './run-record.ts';
import { runStage, type StageInputs, type StageParent, type StageWork } from './stage.ts';
import type { Workspace } from './workspace.ts';

const PARTITION_IMAGES = 8192;

/** What names the labelling's run. */
export function labelInputs(
  { label, seed }: ResolvedRecipe,
  { digests }: Pick<Collection, 'digests'>,
  teacher: StageParent,
): StageInputs {
  const parameters = { topP: label.topP, unlabelled: digests.unlabelled };
  return { stage: 'label', seed, parameters, parents: [teacher] };
}

export async function labelStage(workspace: Workspace, collection: Collection, teacher: RunRecord): Promise<RunRecord> {
  const { project, recipe } = workspace;
  const { topP } = recipe.label;
  const prepare = async ({ runId }: StageWork) => await saveRunClasses(project, runId, collection);
  const work = async (stage: StageWork) => {
    const predict = await predictorOf(workspace, collection, teacher);
    const done = new Set(await project.scores.soundPartitions(stage.runId));
    const total = collection.unlabelled.length;
    const startedMs = performance.now();
    let labelled = 0;
    for (let partition = 0; partition * PARTITION_IMAGES < total; partition++) {
      const imageIds = collection.unlabelled.slice(partition * PARTITION_IMAGES, (partition + 1) * PARTITION_IMAGES);
      if (!done.has(partition)) {
        const rows = emptyRows(imageIds, topP);
        await predict(imageIds, (scored) => {
          keep(rows, scored, collection.classIds);
          stage.progress(partition * PARTITION_IMAGES + scored.first + scored.count, total);
        });
        await project.scores.writePartition(stage.runId, partition, rows);
        labelled += imageIds.length;
      }
    }
    await project.scores.finish(stage.runId, Math.ceil(total / PARTITION_IMAGES));
    const seconds = (performance.now() - startedMs) / 1000;
    return { images: total, topP, seconds, imagesPerSecond: labelled / seconds };
  };
  return await runStage(workspace, labelInputs(recipe, collection, teacher), {
    ...{ prepare, work },
    verify: (runId) => project.scores.verify(runId),
  });
}

function emptyRows(imageIds: Int32Array, topP: number) {
  const length = imageIds.length * topP;
  return { imageIds, topP, classIds: new Int32Array(length), probabilities: new Float32Array(length) };
}

/** Scores name classes as the catalogue does, so that they can be read without the run's own list. */
function keep(rows: ReturnType<typeof emptyRows>, scored: ScoredBatch, classIds: readonly number[]): void {
  const best = topClasses(scored, rows.topP);
  rows.classIds.set(
    best.classIds.map((output) => at(classIds, output)),
    scored.first * rows.topP,
  );
  rows.probabilities.set(best.probabilities, scored.first * rows.topP);
}
