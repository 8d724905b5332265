/**
 * Readies a project for the method: which recipe (the one asked for, or the project's last one), with its automatic values
 * made definite for this collection, and which device.
 */
import { readFile } from 'node:fs/promises';
import { writeTextAtomically } from '../atomic-file.ts';
import type { Project } from '../catalogue/project.ts';
import { chooseDevice } from '../doctor/choose-device.ts';
import { ExpectedFailure } from '../failure.ts';
import { applySettings, loadRecipe, parseRecipe } from './recipe.ts';
import type { Recipe } from './recipe-schema.ts';
import { type RecipeExplanation, resolveRecipe } from './resolve-recipe.ts';
import type { PipelineEvent, Workspace } from './workspace.ts';

export interface WorkspaceOptions {
  readonly recipe?: string;
  readonly set?: readonly string[];
  readonly device?: string;
}

export class RecipeUnreadable extends ExpectedFailure {}

export async function openWorkspace(
  project: Project,
  options: WorkspaceOptions,
  host: { readonly signal: AbortSignal; readonly tell: (event: PipelineEvent) => void },
): Promise<{ workspace: Workspace; explanations: readonly RecipeExplanation[] }> {
  const base = options.recipe === undefined ? await lastRecipe(project) : await loadRecipe(options.recipe);
  const settings = [...(options.set ?? []), ...(options.device ? [`engine.device=${options.device}`] : [])];
  const recipe = applySettings(base, settings);
  const { catalogue } = project;
  const facts = {
    labelled: (await catalogue.labelledImages('train')).imageIds.length,
    unlabelled: (await catalogue.unlabelledImages()).length,
    classes: (await catalogue.classes()).length,
    medianImageSizePx: await catalogue.medianImageSizePx(),
  };
  const { recipe: resolved, explanations } = resolveRecipe(recipe, facts);
  const device = await chooseDevice(resolved.engine.device);
  await keepRecipe(project, recipe);
  const target = { device, threads: resolved.engine.threads ?? undefined };
  return { workspace: { project, recipe: resolved, target, ...host }, explanations };
}

async function lastRecipe(project: Project): Promise<Recipe> {
  let text: string;
  try {
    text = await readFile(project.path('recipe.json'), 'utf8');
  } catch {
    return await loadRecipe('default');
  }
  try {
    return parseRecipe(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new RecipeUnreadable(`The project's recipe.json is damaged (${error.message}): name one with --recipe.`);
    }
    throw error;
  }
}

async function keepRecipe(project: Project, recipe: Recipe): Promise<void> {
  await writeTextAtomically(project.path('recipe.json'), `${JSON.stringify(recipe, undefined, 2)}\n`);
}
