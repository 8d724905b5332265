/**
 * Rank and select (section 3.2, second half): for each class, the images that shortlisted it, by its score; the top K are
 * the student's training set D̂. Before that, images that repeat a held-out image or one another are set aside.
 */
import type { RunRecord } from '../catalogue/run-record.ts';
import { saveSelection, selectTopK } from '../catalogue/selection.ts';
import { ExpectedFailure } from '../failure.ts';
import type { Collection } from './collection.ts';
import { findRepeats } from './repeats.ts';
import { runStage } from './stage.ts';
import type { Workspace } from './workspace.ts';

export class NothingSelected extends ExpectedFailure {}

export async function selectStage(workspace: Workspace, collection: Collection, labels: RunRecord): Promise<RunRecord> {
  const { project, recipe } = workspace;
  const { k, order, balanced } = recipe.select;
  const parameters = { ...recipe.select, topP: recipe.label.topP, heldOut: collection.digests.heldOut };
  const inputs = { stage: 'select', seed: recipe.seed, parameters, parents: [labels] } as const;
  return await runStage(workspace, inputs, async (stage) => {
    const repeats = findRepeats(collection, recipe.select);
    const { selection, perClass } = await selectTopK(project, {
      runId: labels.id,
      k,
      topP: recipe.label.topP,
      classCount: collection.classNames.length,
      order,
      balanced,
      excludedImages: repeats.excluded,
      seed: recipe.seed,
    });
    if (selection.imageIds.length === 0) {
      throw new NothingSelected(
        'No unlabelled image is left to train the student on: every one repeats a held-out image or could not be read; add more unlabelled images.',
      );
    }
    await saveSelection(project, stage.runId, selection, repeats.excluded);
    return {
      selected: selection.imageIds.length,
      k,
      classesBelowK: perClass.filter(({ kept }) => kept < k).length,
      excludedLeaks: repeats.leaks,
      excludedNearDuplicates: repeats.nearDuplicates,
    };
  });
}
