/** What a recipe would be for a project as it is now, before anything is decoded or trained. Changes nothing. */
import { readClasses } from '../catalogue/classes.ts';
import type { Project } from '../catalogue/project.ts';
import { WrongUsage } from '../failure.ts';
import { builtInRecipes } from './built-in-recipes.ts';
import { withChosenSelection } from './chosen-selection.ts';
import { unfitBecause } from './collection.ts';
import { lastRecipe } from './open-workspace.ts';
import { applySettings, parseRecipe } from './recipe.ts';
import type { Recipe } from './recipe-schema.ts';
import { type RecipeExplanation, type ResolvedRecipe, resolveRecipe } from './resolve-recipe.ts';

export interface RecipePreview {
  readonly recipe: Recipe;
  readonly resolved: ResolvedRecipe | null;
  readonly explanations: readonly RecipeExplanation[];
  readonly unfit: string | null;
}

/** `name` is a built-in recipe; the project's own when absent. Throws `RecipeInvalid` or `WrongUsage`. */
export async function previewRecipe(
  project: Project,
  name: string | undefined,
  set: readonly string[],
): Promise<RecipePreview> {
  const base = name === undefined ? await lastRecipe(project) : builtIn(name);
  const recipe = await withChosenSelection(project, applySettings(base, set), set);
  const unfit = await unfitBecause({ project, heldOutFraction: recipe.heldOut.fraction, seed: recipe.seed });
  if (unfit !== null) return { recipe, resolved: null, explanations: [], unfit };
  const { catalogue, database } = project;
  const labelled = await catalogue.labelledImages('train');
  const present = new Set(labelled.classIds);
  const { recipe: resolved, explanations } = resolveRecipe(recipe, {
    labelled: labelled.imageIds.length,
    unlabelled: (await catalogue.unlabelledImages()).length,
    classes: (await readClasses(database)).filter(({ id }) => present.has(id)).length,
    medianImageSizePx: await catalogue.medianImageSizePx(),
  });
  return { recipe, resolved, explanations, unfit };
}

/** By name only: a door that is open to pages reads no recipe files. */
export function builtIn(name: string): Recipe {
  if (Object.hasOwn(builtInRecipes, name)) return parseRecipe(builtInRecipes[name]);
  throw new WrongUsage(`There is no recipe “${name}”: choose one of ${Object.keys(builtInRecipes).join(', ')}.`);
}
