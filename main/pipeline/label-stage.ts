/**
 * The teacher labels the collection (section 3.2, first half): softmax over the classes for every image of U, the P highest
 * of which are kept. Written in partitions; a partition that is done is never done again.
 */
import { at } from '../at.ts';
import type { Project } from '../catalogue/project.ts';
import { saveRunClasses } from '../catalogue/run-classes.ts';
import type { Collection } from './collection.ts';
import { partitionNumbers, partitionOf } from './label-partition.ts';
import { PartitionWriter } from './partition-writer.ts';
import { predictorOf } from './predictor.ts';
import { USUAL_PARTITION_IMAGES } from './recipe-schema.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';
import type { RunRecord } from './run-record.ts';
import { runStage, type StageInputs, type StageParent, type StageSteps, type StageWork } from './stage.ts';
import type { Workspace } from './workspace.ts';

/** Partitions that are asked for at once; their rows are held until they are written. */
const MOST_PARTITIONS = 16;

/** What names the labelling's run. */
export function labelInputs(
  { label, seed }: ResolvedRecipe,
  { digests }: Pick<Collection, 'digests'>,
  teacher: StageParent,
): StageInputs {
  const { topP, partitionImages } = label;
  const parameters = {
    ...{ topP, unlabelled: digests.unlabelled },
    ...(partitionImages === USUAL_PARTITION_IMAGES ? {} : { partitionImages }),
  };
  return { stage: 'label', seed, parameters, parents: [teacher] };
}

export async function labelStage(workspace: Workspace, collection: Collection, teacher: RunRecord): Promise<RunRecord> {
  const { project, recipe } = workspace;
  const { topP, partitionImages } = recipe.label;
  const work = async (stage: StageWork) => {
    const predict = await predictorOf(workspace, collection, teacher);
    const done = new Set(await project.scores.soundPartitions(stage.runId));
    const total = collection.unlabelled.length;
    const partitions = partitionNumbers(total, partitionImages);
    const open = partitions.filter((partition) => !done.has(partition));
    const startedMs = performance.now();
    let labelled = 0;
    const atOnce = predict.takesMany ? MOST_PARTITIONS : 1;
    for (let first = 0; first < open.length; first += atOnce) {
      const some = open.slice(first, first + atOnce).map((partition) => ({
        partition,
        imageIds: partitionOf(collection.unlabelled, partition, partitionImages),
      }));
      const { scores } = project;
      const { classIds } = collection;
      const writer = new PartitionWriter({ scores, runId: stage.runId, partitions: some, classIds, topP });
      const before = at(open, first) * partitionImages;
      stage.awaits('network');
      try {
        await predict(writer.imageIds, (scored) => {
          writer.take(scored);
          stage.progress(before + scored.first + scored.count, total);
        });
      } finally {
        stage.awaits('disk');
        await writer.written();
      }
      labelled += writer.imageIds.length;
    }
    await project.scores.finish(stage.runId, partitions.length);
    await project.scores.rankAll(stage.runId);
    const seconds = (performance.now() - startedMs) / 1000;
    return { images: total, topP, seconds, imagesPerSecond: labelled / seconds };
  };
  return await runStage(workspace, labelInputs(recipe, collection, teacher), {
    ...labelSteps(project, collection),
    work,
  });
}

/** What every labelling keeps beside its scores, and how it proves itself. */
export function labelSteps(
  project: Project,
  collection: Pick<Collection, 'classIds' | 'classNames'>,
): Pick<StageSteps, 'prepare' | 'verify'> {
  return {
    prepare: ({ runId }) => saveRunClasses(project, runId, collection),
    verify: (runId) => project.scores.verify(runId),
  };
}
