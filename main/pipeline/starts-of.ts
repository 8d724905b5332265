/** The weights that a recipe's networks start from, for a project's classes. */
import type { Project } from '../catalogue/project.ts';
import type { Recipe } from './recipe-schema.ts';
import type { Starts } from './resolve-recipe.ts';
import { resolvedStart } from './resolved-start.ts';
import { findWeights } from './starting-weights.ts';

/** Throws what `findWeights` throws. */
export async function startsOf(
  project: Project,
  { teacher, student }: Pick<Recipe, 'teacher' | 'student'>,
  classNames: readonly string[],
): Promise<Starts> {
  const startOf = async (startFrom: string | null) =>
    startFrom === null ? undefined : resolvedStart(await findWeights(project, startFrom), classNames);
  // A teacher that exists already starts from nothing.
  const trained = teacher.run === null && teacher.features === null;
  return { teacher: trained ? await startOf(teacher.startFrom) : undefined, student: await startOf(student.startFrom) };
}
