/**
 * Rank and select (section 3.2, second half): for each class, the images that shortlisted it, by its score; the top K are
 * the student's training set D̂. Before that, images that repeat a held-out image or one another are set aside. A person's
 * vetoes and pins are of images and classes, not of a teacher: they hold for every teacher that comes.
 */

import { at } from '../at.ts';
import { decisionsDigest, type PairList, readDecisions } from '../catalogue/decisions.ts';
import { saveRunClasses } from '../catalogue/run-classes.ts';
import { writeSelection } from '../catalogue/selection.ts';
import { ExpectedFailure } from '../failure.ts';
import { IdSet } from '../id-set.ts';
import type { Collection } from './collection.ts';
import { findRepeats } from './repeats.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';
import type { RunRecord } from './run-record.ts';
import { runStage, type StageInputs, type StageParent, type StageWork } from './stage.ts';
import type { Workspace } from './workspace.ts';

export class NothingSelected extends ExpectedFailure {}

/** What names the selection's run. `decisions` is the digest of those that stand; null without any. */
export function selectInputs(
  { select: settings, label, seed }: ResolvedRecipe,
  { digests }: Pick<Collection, 'digests'>,
  decisions: string | null,
  labels: StageParent,
): StageInputs {
  const { topP: wantedTopP, ...select } = settings;
  const parameters = {
    ...select,
    topP: wantedTopP ?? label.topP,
    heldOut: digests.heldOut,
    // Absent without decisions: selections from before there were any are taken over.
    ...(decisions ? { decisions } : {}),
  };
  return { stage: 'select', seed, parameters, parents: [labels] };
}

export async function selectStage(workspace: Workspace, collection: Collection, labels: RunRecord): Promise<RunRecord> {
  const { project, recipe } = workspace;
  const { select } = recipe;
  const topP = select.topP ?? recipe.label.topP;
  const decisions = await readDecisions(project.database);
  const inputs = selectInputs(recipe, collection, decisionsDigest(decisions), labels);
  const work = async (stage: StageWork) => {
    stage.awaits('catalogue');
    const candidates = await project.catalogue.imagesOfUnlabelledSources();
    const compared = { candidates, heldOut: collection.heldOut.imageIds, cache: collection.cache };
    const repeats = await findRepeats(compared, select);
    await saveRunClasses(project, stage.runId, collection);
    const { selected, perClass } = await writeSelection(project, stage.runId, {
      runId: labels.id,
      k: select.k,
      topP,
      classIds: collection.classIds,
      order: select.order,
      balanced: select.balanced,
      ...(select.share === undefined ? {} : { share: select.share }),
      excludedImages: repeats.excluded,
      vetoes: decisions.vetoes,
      pins: selectablePins(decisions.pins, collection, repeats.leaks),
      seed: recipe.seed,
    });
    if (selected === 0) {
      throw new NothingSelected(
        'No unlabelled image is left to train the student on: every one was vetoed, repeats a held-out image or could not be read; add more unlabelled images.',
      );
    }
    return {
      selected,
      k: select.k,
      classesBelowK: perClass.filter(({ kept }) => kept < select.k).length,
      excludedLeaks: repeats.leaks.size,
      excludedNearDuplicates: repeats.nearDuplicates,
    };
  };
  return await runStage(workspace, inputs, { work });
}

/**
 * A pin stands over the guard against near-copies, but not over the one against leaks: no decision about a class makes a
 * held-out image fit to train on. An image that was labelled since trains by its label.
 */
export function selectablePins(
  { imageIds, classIds }: PairList,
  { unlabelled, classIds: known }: { readonly unlabelled: Int32Array; readonly classIds: readonly number[] },
  leaks: Pick<IdSet, 'has'>,
): PairList {
  const [present, knownClasses] = [new IdSet(unlabelled), new Set(known)];
  const places = [...imageIds.keys()].filter((place) => {
    const imageId = at(imageIds, place);
    return present.has(imageId) && knownClasses.has(at(classIds, place)) && !leaks.has(imageId);
  });
  const chosen = (ids: Int32Array) => Int32Array.from(places, (place) => at(ids, place));
  return { imageIds: chosen(imageIds), classIds: chosen(classIds) };
}
