/** What a recipe would amount to for the present project, before anything is decoded or trained. Changes nothing. */
import type { Project } from '../catalogue/project.ts';
import { WrongUsage } from '../failure.ts';
import { withBrought } from './beginning.ts';
import { builtInRecipes } from './built-in-recipes.ts';
import { withChosenSelection } from './chosen-selection.ts';
import { type CollectionRequest, type CollectionSets, CollectionUnfit, previewCollection } from './collection.ts';
import { lastRecipe } from './kept-recipe.ts';
import { factsOf } from './open-workspace.ts';
import { applySettings, parseRecipe } from './recipe.ts';
import type { Recipe } from './recipe-schema.ts';
import { type RecipeExplanation, type ResolvedRecipe, resolveRecipe } from './resolve-recipe.ts';

export interface RecipePreview {
  readonly recipe: Recipe;
  readonly resolved: ResolvedRecipe | null;
  readonly explanations: readonly RecipeExplanation[];
  readonly unfit: string | null;
  /** The images as a run would split them; null while `unfit`. */
  readonly sets: CollectionSets | null;
}

/** `name` is a built-in recipe; by default the project's own. Throws `RecipeInvalid` or `WrongUsage`. */
export async function previewRecipe(
  project: Project,
  name: string | undefined,
  set: readonly string[],
): Promise<RecipePreview> {
  const base = name === undefined ? await lastRecipe(project) : await withBrought(project, name, builtIn(name));
  return await previewOf(project, base, set);
}

/** For any recipe. Throws `RecipeInvalid` or `WrongUsage`. */
export async function previewOf(
  project: Project,
  base: Recipe,
  set: readonly string[],
  { labelsAlone }: Pick<CollectionRequest, 'labelsAlone'> = {},
): Promise<RecipePreview> {
  const recipe = await withChosenSelection(project, applySettings(base, set), set);
  const { heldOut, seed } = recipe;
  try {
    const sets = await previewCollection({ project, heldOutFraction: heldOut.fraction, seed, labelsAlone });
    const { recipe: resolved, explanations } = resolveRecipe(recipe, await factsOf(project, sets, recipe));
    return { recipe, resolved, explanations, unfit: null, sets };
  } catch (error) {
    if (!(error instanceof CollectionUnfit)) throw error;
    return { recipe, resolved: null, explanations: [], unfit: error.message, sets: null };
  }
}

/** By name only: a door that is open to web pages must not read recipe files. */
export function builtIn(name: string): Recipe {
  if (Object.hasOwn(builtInRecipes, name)) return parseRecipe(builtInRecipes[name]);
  throw new WrongUsage(`There is no recipe “${name}”: choose one of ${Object.keys(builtInRecipes).join(', ')}.`);
}
