/**
 * The precision of a class above its line where nobody made spot-checks: of the held-out images that the teacher assigns to the
 * class with at least the confidence of the last image above the line, the share that belong to it. No training saw these
 * images; but a collection with other content than the held-out images has a lower precision than they suggest.
 */
import { at } from '../../at.ts';
import { heldOutAnswers } from '../../catalogue/held-out-answers.ts';
import type { Project } from '../../catalogue/project.ts';
import { loadRunClasses } from '../../catalogue/run-classes.ts';
import { predictionsTable } from '../../catalogue/runs/predictions.ts';
import type { RunRecord } from '../../pipeline/run-record.ts';
import { comparisonsIn, readRuns } from '../../pipeline/runs.ts';
import { modelAs } from '../../pipeline/stages.ts';
import type { ClassPrecision } from '../contract/ranks.ts';
import type { ClassLine } from './ranks-state.ts';

/**
 * Omits a class to which no held-out image was assigned with that confidence; empty for a teacher that was in no comparison.
 */
export async function heldOutPrecisions(
  project: Project,
  { parents }: Pick<RunRecord, 'parents'>,
  lines: readonly ClassLine[],
): Promise<ClassPrecision[]> {
  const [teacher] = parents;
  const compared = teacher === undefined ? undefined : comparisonsIn(await readRuns(project), teacher).at(-1);
  const predictions = compared && (await predictionsTable(project, compared.id));
  if (!compared || predictions === undefined) return [];
  const { classIds } = await loadRunClasses(project, compared.id);
  const answers = await heldOutAnswers(project.database, predictions, modelAs('teacher'));
  const cuts = new Map(
    lines.flatMap(({ standing: { ranking }, cut }) =>
      cut.lastPlace < 0 ? [] : [[ranking.classId, at(ranking.scores, cut.lastPlace)] as const],
    ),
  );
  const found = new Map<number, { checked: number; correct: number }>();
  for (const [place, output] of answers.predicted.entries()) {
    const classId = at(classIds, output);
    const cut = cuts.get(classId);
    if (cut === undefined || at(answers.probabilities, place) < cut) continue;
    const known = found.get(classId) ?? { checked: 0, correct: 0 };
    known.checked++;
    known.correct += at(answers.right, place);
    found.set(classId, known);
  }
  return [...found].map(([classId, counts]) => ({ classId, ...counts, by: 'heldOut' }));
}
