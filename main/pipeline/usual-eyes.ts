/** The eyes that a project looks with when nobody names any: those of its recipe, or those that were brought last. */
import type { Project } from '../catalogue/project.ts';
import { ExpectedFailure } from '../failure.ts';
import { brought } from './extractors.ts';
import { lastRecipe } from './kept-recipe.ts';

export class NoEyes extends ExpectedFailure {}

type Eyes = Awaited<ReturnType<typeof brought>>[number];

/** Undefined where no network was brought whose features tell pictures apart. */
export async function usualEyes(project: Project): Promise<Eyes | undefined> {
  const known = await brought(project);
  const { features } = (await lastRecipe(project)).teacher;
  return known.find(({ id }) => id === features) ?? known.findLast(({ extractor }) => extractor.dimension > 1);
}

/** Throws `NoEyes`. */
export async function requireUsualEyes(project: Project): Promise<Eyes> {
  const eyes = await usualEyes(project);
  if (eyes) return eyes;
  throw new NoEyes('No network was brought to look at images with: bring one with understudy bring.');
}
