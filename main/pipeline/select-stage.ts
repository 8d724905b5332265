/**
 * Rank and select (section 3.2, second half): for each class, the images that shortlisted it, by its score; the top K
 * are the student's training set D̂. Before that, images that repeat a held-out image or one another are set aside. The
 * user's vetoes and pins refer to images and classes, not to a teacher: they apply to every later teacher too.
 */

import { at } from '../at.ts';
import { candidateScores } from '../catalogue/above-the-line.ts';
import { decisionsDigest, type PairList, readDecisions } from '../catalogue/decisions.ts';
import { imagesTaggedAs, taggedAsDigest } from '../catalogue/image-tags.ts';
import type { Project } from '../catalogue/project.ts';
import { saveRunClasses } from '../catalogue/run-classes.ts';
import { type CandidateQuery, type Floors, writeSelection } from '../catalogue/selection.ts';
import { ExpectedFailure } from '../failure.ts';
import { IdSet } from '../id-set.ts';
import type { Collection } from './collection.ts';
import { classFloors, type Evidence, floorsFor, KByCurve, precisionCurve } from './precision-curve.ts';
import { findRepeats } from './repeats.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';
import type { RunRecord } from './run-record.ts';
import { asksEvidence, curveText, evidenceDigest, floorsText, gatherEvidence } from './selection-evidence.ts';
import { runStage, type StageInputs, type StageParent, type StageWork } from './stage.ts';
import type { Workspace } from './workspace.ts';

export class NothingSelected extends ExpectedFailure {}

/** The user's input to a selection, as digests; null where there is none. */
export interface SaidOfRanks {
  /** Standing verdicts and labels. */
  readonly decisions: string | null;
  /** Spot-checks of the ranking, if the selection goes by precision. */
  readonly checks: string | null;
  /** Which images are tagged as which class, if it goes by tags. */
  readonly tagged: string | null;
}

/** The inputs that name the selection's run. */
export function selectInputs(
  { select: settings, label, seed }: ResolvedRecipe,
  { digests }: Pick<Collection, 'digests'>,
  { decisions, checks, tagged }: SaidOfRanks,
  labels: StageParent,
): StageInputs {
  const { topP: wantedTopP, ...select } = settings;
  const parameters = {
    ...select,
    topP: wantedTopP ?? label.topP,
    heldOut: digests.heldOut,
    // Absent without decisions, so that selections made before they existed are reused.
    ...(decisions ? { decisions } : {}),
    ...(checks ? { checks } : {}),
    ...(tagged ? { tagged } : {}),
  };
  return { stage: 'select', seed, parameters, parents: [labels] };
}

export async function selectStage(
  workspace: Workspace,
  collection: Collection,
  labels: RunRecord,
  teacher: RunRecord,
): Promise<RunRecord> {
  const { project, recipe } = workspace;
  const { select } = recipe;
  const topP = select.topP ?? recipe.label.topP;
  const decisions = await readDecisions(project.database);
  const checks = await evidenceDigest(project.database, recipe, labels);
  const given = await taggedFor(project, recipe, collection);
  const tagged = given ? taggedAsDigest(given) : null;
  const inputs = selectInputs(recipe, collection, { decisions: decisionsDigest(decisions), checks, tagged }, labels);
  const work = async (stage: StageWork) => {
    stage.awaits('catalogue');
    const images = await project.catalogue.imagesOfUnlabelledSources();
    const compared = { candidates: images, heldOut: collection.heldOut.imageIds, cache: collection.cache };
    const repeats = await findRepeats(compared, select, workspace.signal);
    await saveRunClasses(project, stage.runId, collection);
    const candidates: CandidateQuery = {
      runId: labels.id,
      topP,
      balanced: select.balanced,
      ...(select.share === undefined ? {} : { share: select.share }),
      excludedImages: repeats.excluded,
      vetoes: decisions.vetoes,
      seed: recipe.seed,
      given,
    };
    const asked = { teacher, labels, topP: select.balanced ? topP : 1 };
    const evidence = asksEvidence(select) ? await gatherEvidence(workspace, collection, asked, stage) : undefined;
    const k = evidence && select.kBy === 'curve' ? await kByCurve(workspace, candidates, evidence) : select.k;
    const floors = evidence && floorsOf(workspace, collection, evidence, k);
    const { selected, perClass } = await writeSelection(project, stage.runId, {
      ...{ ...candidates, k, floors, classIds: collection.classIds, order: given ? 'random' : select.order },
      pins: selectablePins(decisions.pins, collection, repeats.leaks),
    });
    if (selected === 0) {
      throw new NothingSelected(
        'No unlabelled image is left to train the student on: every one was vetoed, repeats a held-out image or could not be read; add more unlabelled images.',
      );
    }
    return {
      selected,
      k,
      classesBelowK: perClass.filter(({ kept }) => kept < k).length,
      ...(floors && { classesWithFloor: floors.leastScores.size }),
      excludedLeaks: repeats.leaks.size,
      excludedNearDuplicates: repeats.nearDuplicates,
    };
  };
  return await runStage(workspace, inputs, { work });
}

/** Undefined for a selection by scores. */
export async function taggedFor(
  { database }: Pick<Project, 'database'>,
  { select }: ResolvedRecipe,
  { classIds }: Pick<Collection, 'classIds'>,
): Promise<ReadonlyMap<number, Int32Array> | undefined> {
  return select.by === 'tags' ? await imagesTaggedAs(database, classIds) : undefined;
}

async function kByCurve(
  { project, recipe, tell }: Workspace,
  candidates: CandidateQuery,
  evidence: Evidence,
): Promise<number> {
  const most = recipe.select.k;
  const curve = precisionCurve(evidence);
  let k = most;
  if (curve) {
    const ranks = new KByCurve(curve, most);
    for await (const { scores } of candidateScores(project.scores, candidates)) ranks.add(scores);
    k = ranks.k;
  }
  tell({ kind: 'noted', message: curveText(k, most, curve) });
  return k;
}

/** Undefined if no precision is wanted. */
function floorsOf(
  { recipe: { select }, tell }: Workspace,
  { classIds }: Collection,
  evidence: Evidence,
  k: number,
): Floors | undefined {
  if (select.precision === undefined) return undefined;
  const floors = classFloors(classIds, select.precision, evidence);
  tell({ kind: 'noted', message: floorsText(floors, classIds.length) });
  return floorsFor(floors, k);
}

/**
 * A pin overrides the guard against near-copies, but not the one against leaks: no decision about a class makes a
 * held-out image fit for training. An image labelled in the meantime is trained on by its label.
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
