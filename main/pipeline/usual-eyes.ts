/** The project's default feature extractor: the recipe's, or the one that was brought last. */
import type { Project } from '../catalogue/project.ts';
import { ExpectedFailure } from '../failure.ts';
import { brought } from './extractors.ts';
import { lastRecipe } from './kept-recipe.ts';

export class NoEyes extends ExpectedFailure {}

type Eyes = Awaited<ReturnType<typeof brought>>[number];

/** Undefined if no network whose features can be compared was brought. */
export async function usualEyes(project: Project): Promise<Eyes | undefined> {
  const known = await brought(project);
  const { features } = (await lastRecipe(project)).teacher;
  return known.find(({ id }) => id === features) ?? known.findLast(({ extractor }) => extractor.dimension > 1);
}

/** Throws `NoEyes`. */
export async function requireUsualEyes(project: Project): Promise<Eyes> {
  const eyes = await usualEyes(project);
  if (eyes) return eyes;
  throw new NoEyes('No network was brought to compute features with: bring one with understudy bring.');
}
