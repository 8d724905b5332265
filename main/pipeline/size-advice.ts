/**
 * Advises against small pictures where they save nothing: a network with a small stem keeps its resolution, and costs
 * as much as on larger pictures.
 */
import { architectureOf } from '../models/architectures.ts';
import type { NetworkConfig } from '../models/network.ts';
import { multiplyAdds } from '../models/network-cost.ts';
import { chosenNetwork } from './network-choice.ts';
import type { RecipeExplanation, ResolvedRecipe } from './resolve-recipe.ts';

const LARGER_PX = [48, 64, 96, 128, 160, 192, 224];

export function sizeAdvice({ teacher, student, imageSizePx }: ResolvedRecipe, classes: number): RecipeExplanation[] {
  const trainsTeacher = teacher.run === null && teacher.features === null;
  const sides = [...(trainsTeacher ? [['teacher', teacher] as const] : []), ['student', student] as const];
  return sides.flatMap(([side, choice]) => {
    const networkAt = (sizePx: number) => chosenNetwork(choice, sizePx, classes);
    const network = networkAt(imageSizePx);
    // The check of the recipe reports this, with the reason.
    if (architectureOf(network).refusal(network, choice.model, imageSizePx) !== undefined) return [];
    const as = largestAsCheap(networkAt, imageSizePx);
    if (as === undefined) return [];
    const because = `on the ${side}’s network, pictures of ${imageSizePx} pixels take as long as pictures of ${as} would`;
    return [{ path: 'imageSizePx', value: imageSizePx, because }];
  });
}

/** Undefined if every larger picture costs more, as one would expect. */
function largestAsCheap(networkAt: (sizePx: number) => NetworkConfig, sizePx: number): number | undefined {
  const stemAt = (px: number) => JSON.stringify(networkAt(px));
  const own = stemAt(sizePx);
  // With the same layers, larger pictures always cost more.
  const others = LARGER_PX.filter((px) => px > sizePx && stemAt(px) !== own);
  if (others.length === 0) return undefined;
  const costAt = (imageSizePx: number) => multiplyAdds({ network: networkAt(imageSizePx), imageSizePx }, 'train');
  const cost = costAt(sizePx);
  return others.findLast((px) => costAt(px) <= 1.1 * cost);
}
