/**
 * What corrected labels make outdated: how far the method was run before, and which of its stages would now be done
 * again.
 */
import type { Project } from '../catalogue/project.ts';
import { plannedRuns } from './planned-runs.ts';
import { previewRecipe } from './preview-recipe.ts';
import { readRuns } from './runs.ts';
import { type Goal, goalNames, type StageName, stages } from './stages.ts';

/** The furthest goal of a stage that was done here; undefined before the first. */
export async function reachedGoal(project: Project): Promise<Goal | undefined> {
  const done = (await readRuns(project)).filter(({ state }) => state === 'succeeded');
  return goalNames.findLast((goal) => done.some(({ stage }) => stages[stage].goal === goal));
}

/**
 * Empty if the current labels have been learnt from already; undefined if nothing has been learnt yet, or nothing can
 * be.
 */
export async function staleStages(project: Project): Promise<readonly StageName[] | undefined> {
  const goal = await reachedGoal(project);
  const { resolved, sets } = await previewRecipe(project, undefined, []);
  if (goal === undefined || !resolved || !sets) return undefined;
  const planned = await plannedRuns(project, resolved, sets, goal);
  return planned.filter(({ finished }) => !finished).map(({ stage }) => stage);
}
