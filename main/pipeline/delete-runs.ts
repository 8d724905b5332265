/**
 * Deletes a run that is no longer needed, together with the runs that build on it: without it they could neither be
 * explained nor recreated. Images, labels and decisions are unaffected, and the same work is done again if requested.
 */
import { rm } from 'node:fs/promises';
import { bytesText } from '../amounts.ts';
import { bytesOfRun, discardRun, spotChecksOf } from '../catalogue/deleted-runs.ts';
import type { Project } from '../catalogue/project.ts';
import { ExpectedFailure } from '../failure.ts';
import { importedFile } from './brought-teacher.ts';
import { keepAsTeacher } from './given-teacher.ts';
import { keptRecipe } from './kept-recipe.ts';
import type { RunRecord } from './run-record.ts';
import { comparisonsIn, noSuchRun, readRun, readRuns } from './runs.ts';
import { stages } from './stages.ts';

export class NothingToDelete extends ExpectedFailure {}
export class OthersBuildOnIt extends ExpectedFailure {}

export interface Deletion {
  readonly run: RunRecord;
  /** All runs that build on it, in an order in which they can be deleted. */
  readonly dependents: readonly RunRecord[];
  /** The disk space that this frees. */
  readonly bytes: number;
  /** Spot-checked ranks, whose answers are deleted too. */
  readonly spotChecks: number;
}

/** What deleting the run would remove. Throws `NothingToDelete`. */
export async function deletionOf(project: Project, runId: string): Promise<Deletion> {
  const run = await readRun(project, runId);
  if (!run) throw new NothingToDelete(noSuchRun(runId));
  const dependents = dependentsOf(run, await readRuns(project));
  const all = [run, ...dependents];
  const sum = async (count: (id: string) => Promise<number>) =>
    (await Promise.all(all.map(({ id }) => count(id)))).reduce((total, one) => total + one, 0);
  return {
    ...{ run, dependents },
    bytes: await sum((id) => bytesOfRun(project, id)),
    spotChecks: await sum((id) => spotChecksOf(project, id)),
  };
}

/** `agreed`: the dependent runs that may be deleted too. Throws `NothingToDelete` or `OthersBuildOnIt`. */
export async function deleteRun(project: Project, runId: string, agreed: readonly string[]): Promise<Deletion> {
  const deletion = await deletionOf(project, runId);
  const unforeseen = deletion.dependents.filter(({ id }) => !agreed.includes(id));
  if (unforeseen.length > 0) {
    const names = unforeseen.map(({ id }) => id).join(', ');
    throw new OthersBuildOnIt(`Other runs build on ${runId} and would go with it: ${names}.`);
  }
  const gone = [...deletion.dependents, deletion.run];
  // The report belongs to the newest comparison.
  const newest = comparisonsIn(await readRuns(project)).at(-1);
  const kept = await keptRecipe(project).catch(() => undefined);
  if (gone.some(({ id }) => id === kept?.recipe.teacher.run)) await keepAsTeacher(project, null);
  if (gone.some(({ id }) => id === newest?.id)) await rm(project.path('report.html'), { force: true });
  for (const { id } of gone) await discardRun(project, id);
  return deletion;
}

/** A text to confirm beforehand: what is deleted, and how much space is freed. */
export function deletionText({ run, dependents, bytes, spotChecks }: Deletion): string {
  const file = importedFile(run);
  return [
    `Deleting ${run.id} (${stages[run.stage].title}) frees ${bytesText(bytes)}.`,
    ...(dependents.length === 0
      ? []
      : [`These build on it and go with it: ${dependents.map(({ id }) => id).join(', ')}.`]),
    ...(spotChecks === 0 ? [] : [`So do the answers of ${spotChecks} spot-checks in its ranks.`]),
    file === undefined ? 'It is made again when the same work is asked for.' : `To have it again, bring ${file} again.`,
  ].join(' ');
}

function dependentsOf({ id }: RunRecord, runs: readonly RunRecord[]): RunRecord[] {
  const found = new Map<string, RunRecord>();
  const collect = (parent: string) => {
    for (const run of runs) {
      if (!run.parents.includes(parent) || found.has(run.id)) continue;
      collect(run.id);
      found.set(run.id, run);
    }
  };
  collect(id);
  return [...found.values()];
}
