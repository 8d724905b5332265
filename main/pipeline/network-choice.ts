/** From a recipe's words for a network to its exact shape. */
import { WrongUsage } from '../failure.ts';
import { architecture } from '../models/family.ts';
import { blockShapes, type NetworkConfig } from '../models/network.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';

/** Images below this size keep their resolution through the stem. */
const SMALL_IMAGE_PX = 80;

export function chosenNetwork(choice: ResolvedRecipe['student'], imageSizePx: number, classes: number): NetworkConfig {
  const named = architecture(choice.model, classes);
  const stem = choice.stem === 'auto' ? (imageSizePx < SMALL_IMAGE_PX ? 'small' : named.stem) : choice.stem;
  return { ...named, stem, width: choice.width ?? named.width, layers: choice.blocks ?? named.layers };
}

/** Throws `WrongUsage` for a network that cannot be built, before anything is done for it. */
export function requireNetworks({ teacher, student, imageSizePx }: ResolvedRecipe, classes: number): void {
  for (const [path, choice] of Object.entries({ teacher, student })) {
    const network = chosenNetwork(choice, imageSizePx, classes);
    if (blockShapes(network).every(({ innerChannels }) => innerChannels > 0)) continue;
    const least = Math.ceil(64 / network.widthPerGroup);
    throw new WrongUsage(
      `${path}.width is ${network.width}, which leaves the groups of ${choice.model} without a channel: choose at least ${least}.`,
    );
  }
}
