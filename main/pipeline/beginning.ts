/**
 * What the method of a project starts from: the files brought to it, or else random weights, in which case the user is
 * told how much a first file would help. The default recipe starts from what was brought.
 */
import { stat } from 'node:fs/promises';
import type { Project } from '../catalogue/project.ts';
import { importedFile } from './brought-teacher.ts';
import { brought } from './extractors.ts';
import { keptRecipe, RecipeUnreadable } from './kept-recipe.ts';
import type { Recipe } from './recipe-schema.ts';
import { readRun } from './runs.ts';
import { broughtWeights } from './starting-weights.ts';

export interface Beginning {
  readonly kind: 'brought' | 'random';
  /** One line: the starting point, and why. */
  readonly sentence: string;
}

/** Measured; docs/bringing-weights.md describes the data. */
export const RANDOM_TEACHES_LITTLE =
  'A few labels teach a network with random weights little: on photographs of clothing, with 20 labels per class, it was right on 29.3 %; with the features of a brought network of 3.6 MB, on 78.5 %.';

/** For a recipe as it would be run. */
export async function beginningOf(project: Project, { teacher, student }: Recipe): Promise<Beginning> {
  const weights = await broughtWeights(project);
  const named = (id: string) => weights.find((one) => one.id === id)?.file ?? id;
  const parts: string[] = [];
  if (teacher.run !== null) {
    // A teacher trained here is not a starting point, and there is no other to mention.
    const run = await readRun(project, teacher.run);
    parts.push(`the teacher is ${run && importedFile(run) !== undefined ? 'the one that was brought' : teacher.run}`);
  } else if (teacher.features !== null) {
    const eyes = (await brought(project)).find(({ id }) => id === teacher.features);
    parts.push(`the teacher looks with ${eyes?.file ?? teacher.features}`);
  } else if (teacher.startFrom !== null) {
    parts.push(`the teacher begins from ${named(teacher.startFrom)}`);
  }
  if (student.startFrom !== null) parts.push(`the student begins from ${named(student.startFrom)}`);
  if (parts.length === 0)
    return { kind: 'random', sentence: `Nothing was brought to begin from. ${RANDOM_TEACHES_LITTLE}` };
  return {
    kind: 'brought',
    sentence: `As was brought, ${parts.join(', and ')}: it already knows what few labels cannot teach.`,
  };
}

/**
 * The default recipe, with what was brought to the project as the starting point of its networks: what the project's
 * own recipe uses, or else what was brought last. Every other recipe specifies its own.
 */
export async function withBrought(project: Project, name: string, recipe: Recipe): Promise<Recipe> {
  if (name !== 'default') return recipe;
  const { teacher, student } = recipe;
  const own = await ownRecipe(project);
  const weights = await newest(project, 'weights', await broughtWeights(project));
  return {
    ...recipe,
    teacher: { ...teacher, ...(await broughtTeacher(project, own, weights)) },
    student: { ...student, startFrom: own?.student.startFrom ?? weights ?? null },
  };
}

async function broughtTeacher(project: Project, own: Recipe | undefined, weights: string | undefined) {
  const { run = null, features = null, startFrom = null } = own?.teacher ?? {};
  // A teacher trained here is not a starting point: the default recipe trains its own.
  const known = run === null ? undefined : await readRun(project, run);
  const whole = known && importedFile(known) !== undefined ? known.id : null;
  if (whole !== null || features !== null || startFrom !== null) return { run: whole, features, startFrom };
  const eyes = await newest(project, 'extractors', await brought(project));
  return eyes === undefined ? { startFrom: weights ?? null } : { features: eyes };
}

/** Undefined before the first run, and if the recipe is unusable, since it then gives no guidance. */
async function ownRecipe(project: Project): Promise<Recipe | undefined> {
  try {
    return (await keptRecipe(project))?.recipe;
  } catch (error) {
    if (error instanceof RecipeUnreadable) return undefined;
    throw error;
  }
}

/** The one whose folder was created last. */
async function newest(
  project: Project,
  folder: 'weights' | 'extractors',
  records: readonly { readonly id: string }[],
): Promise<string | undefined> {
  const dated = await Promise.all(
    records.map(async ({ id }) => ({ id, madeMs: (await stat(project.path(folder, id))).mtimeMs })),
  );
  return dated.sort((a, b) => b.madeMs - a.madeMs)[0]?.id;
}
