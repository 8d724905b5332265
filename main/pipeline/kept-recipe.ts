/**
 * The recipe that a project is run by when none is named: recipe.json in its folder, which people may edit. One that cannot be
 * used stops the work, and is put aside, never written over, when another takes its place.
 */
import { readFile } from 'node:fs/promises';
import { putAside, writeTextAtomically } from '../atomic-file.ts';
import type { Project } from '../catalogue/project.ts';
import { ExpectedFailure, messageOf } from '../failure.ts';
import { loadRecipe, parseRecipe, RecipeInvalid } from './recipe.ts';
import type { Recipe } from './recipe-schema.ts';

export class RecipeUnreadable extends ExpectedFailure {}

/** The default before the first run. Throws `RecipeUnreadable`. */
export async function lastRecipe(project: Pick<Project, 'path'>): Promise<Recipe> {
  const path = recipePath(project);
  try {
    return parseRecipe(JSON.parse((await readFile(path, 'utf8')).replace(/^\uFEFF/, '')));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return await loadRecipe('default');
    const expected = error instanceof SyntaxError || error instanceof RecipeInvalid || code !== undefined;
    if (!expected) throw error;
    throw new RecipeUnreadable(
      `The project's recipe ${path} cannot be used (${messageOf(error).replace(/\.$/, '')}): put it right, or start from a built-in one (on the command line: --recipe default); this one is kept beside it then.`,
    );
  }
}

/** Gives where the recipe before it was put, if that could not be used. */
export async function keepRecipe(project: Pick<Project, 'path'>, recipe: Recipe): Promise<string | undefined> {
  const aside = await lastRecipe(project).then(
    () => undefined,
    async (error: unknown) => {
      if (error instanceof RecipeUnreadable) return await putAside(recipePath(project));
      throw error;
    },
  );
  await writeTextAtomically(recipePath(project), `${JSON.stringify(recipe, undefined, 2)}\n`);
  return aside;
}

function recipePath(project: Pick<Project, 'path'>): string {
  return project.path('recipe.json');
}
