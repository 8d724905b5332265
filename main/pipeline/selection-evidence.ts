/**
 * What a selection by precision knows about its teacher: the user's answers about the ranking, and the teacher's
 * predictions for the held-out images. The latter are computed here, since a selection precedes any comparison, and
 * stored in the selection's run.
 */
import { at } from '../at.ts';
import {
  type CheckedScores,
  saveHeldOutScores,
  spotCheckedScores,
  spotChecksDigest,
} from '../catalogue/checked-scores.ts';
import type { Database } from '../catalogue/database.ts';
import { isOf } from '../training/soft-targets.ts';
import { topClasses } from '../training/top-classes.ts';
import type { Collection } from './collection.ts';
import { heldOutHalf } from './held-out-halves.ts';
import { type ClassFloor, type Evidence, type EvidenceKind, evidenceKinds } from './precision-curve.ts';
import { predictorOf } from './predictor.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';
import type { RunRecord } from './run-record.ts';
import { severalTargets } from './several-labels.ts';
import type { StageParent, StageWork } from './stage.ts';
import type { Workspace } from './workspace.ts';

/** Whether it needs to know how often the teacher is right. */
export function asksEvidence({ precision, kBy }: Pick<ResolvedRecipe['select'], 'precision' | 'kBy'>): boolean {
  return precision !== undefined || kBy !== undefined;
}

/** A digest of the answers that affect a selection of this labelling; null if there are none. */
export async function evidenceDigest(
  database: Database,
  { select }: ResolvedRecipe,
  labels: Pick<StageParent, 'id'>,
): Promise<string | null> {
  return asksEvidence(select) ? await spotChecksDigest(database, labels.id) : null;
}

export async function gatherEvidence(
  workspace: Workspace,
  collection: Collection,
  { teacher, labels, topP }: { readonly teacher: RunRecord; readonly labels: RunRecord; readonly topP: number },
  stage: StageWork,
): Promise<Evidence> {
  const { project } = workspace;
  const spotChecks = await spotCheckedScores(project, labels.id);
  stage.awaits('network');
  const heldOut = await askedOfHeldOut(workspace, collection, teacher, topP);
  stage.awaits('disk');
  await saveHeldOutScores(project, stage.runId, heldOut);
  return { spotChecks, heldOut };
}

/** The P best classes of each held-out image, as in a labelling, and whether each is right. */
async function askedOfHeldOut(
  workspace: Workspace,
  collection: Collection,
  teacher: RunRecord,
  topP: number,
): Promise<CheckedScores> {
  const asked = choosing(collection.heldOut, workspace.recipe.select);
  const { imageIds } = asked;
  const truths = severalTargets(collection, asked);
  const rows: { imageId: number; classId: number; score: number; right: number }[] = [];
  const predict = await predictorOf(workspace, collection, teacher);
  await predict(imageIds, (scored) => {
    const best = topClasses(scored, topP);
    for (const [entry, score] of best.probabilities.entries()) {
      // The teacher had fewer answers than P.
      if (Number.isNaN(score)) continue;
      const place = scored.first + Math.floor(entry / topP);
      const output = at(best.classIds, entry);
      rows.push({
        ...{ imageId: at(imageIds, place), classId: at(collection.classIds, output), score },
        right: Number(isOf(truths, place, output)),
      });
    }
  });
  return {
    imageIds: Int32Array.from(rows, ({ imageId }) => imageId),
    classIds: Int32Array.from(rows, ({ classId }) => classId),
    scores: Float32Array.from(rows, ({ score }) => score),
    right: Int32Array.from(rows, ({ right }) => right),
  };
}

/** The half of the held-out images that chooses. */
export function choosing<Held extends Collection['heldOut']>(
  heldOut: Held,
  { evidence }: Pick<ResolvedRecipe['select'], 'evidence'>,
): Held {
  if (evidence !== 'half') return heldOut;
  const { imageIds, classIds } = heldOut;
  return { ...heldOut, imageIds: heldOutHalf(imageIds, 'chooses'), classIds: heldOutHalf(classIds, 'chooses') };
}

const WORDS: Readonly<Record<EvidenceKind, string>> = { spotChecks: 'spot-checks', heldOut: 'held-out images' };

export function floorsText(floors: ReadonlyMap<number, ClassFloor>, classes: number): string {
  const by = (kind: EvidenceKind) => [...floors.values()].filter((floor) => floor.by === kind).length;
  const known = evidenceKinds.flatMap((kind) => (by(kind) === 0 ? [] : [`${by(kind)} by ${WORDS[kind]}`]));
  const rest = classes - floors.size;
  return `Classes whose selection ends where its precision falls below the wanted one: ${known.join(', ') || 'none'}${rest === 0 ? '' : `; ${rest} of ${classes} go by K alone, since too little is known about them`}.`;
}

export function curveText(k: number, most: number, known: { by: EvidenceKind; answers: number } | undefined): string {
  if (!known) return `Too little is known about the teacher for a precision curve: K stays ${most}, the paper’s rule.`;
  return `K is ${k} by the precision curve (${known.answers} answers of ${WORDS[known.by]}): from there on, one more image per class is wrong more often than right${k === most ? ', or K would be larger than the paper’s rule allows' : ''}.`;
}
