/**
 * Applies the user's K line to the next run's recipe. A line drawn through this project's ranking is more specific than
 * any recipe, so it takes precedence over the recipe, even a named one; a value given with the run itself
 * (`select.k=2000`) takes precedence over the line, for that run. A project without a line runs as its recipe says.
 */
import type { Project } from '../catalogue/project.ts';
import { type ChosenSettings, readChosenSettings } from '../catalogue/selection-settings.ts';
import type { Recipe } from './recipe-schema.ts';

/** `settings` are those given with the run. */
export async function withChosenSelection(
  { database, catalogue }: Project,
  recipe: Recipe,
  settings: readonly string[],
): Promise<Recipe> {
  const chosen = await readChosenSettings(database);
  if (Object.keys(chosen).length === 0) return recipe;
  const given = new Set(settings.map((setting) => setting.split('=')[0]));
  return applyChosenSelection(recipe, chosen, given, (await catalogue.unlabelledImages()).length);
}

export function applyChosenSelection(
  recipe: Recipe,
  chosen: ChosenSettings,
  given: ReadonlySet<string | undefined>,
  unlabelled: number,
): Recipe {
  const { topP, k, ...others } = chosen;
  // A K beyond the number of images means all of them: the recipe rejects such a value when written explicitly, but a
  // line drawn at the end means just that.
  const all = Math.max(1, unlabelled);
  const wanted = { ...others, ...(k === undefined ? {} : { k: Math.min(k, all) }), topP };
  const select = Object.entries(wanted).filter(([name, value]) => value !== undefined && !given.has(`select.${name}`));
  const changed: Recipe = { ...recipe, select: { ...recipe.select, ...Object.fromEntries(select) } };
  // A smaller P needs no new labelling, since the scores exist; a larger one does.
  if (topP === undefined || given.has('select.topP') || given.has('label.topP')) return changed;
  if (recipe.label.topP === 'auto' || recipe.label.topP >= topP) return changed;
  return { ...changed, label: { ...recipe.label, topP } };
}
