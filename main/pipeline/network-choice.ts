/** From a recipe's words for a network to its exact shape. */
import { architecture } from '../models/family.ts';
import type { NetworkConfig } from '../models/network.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';

/** Images below this size keep their resolution through the stem. */
const SMALL_IMAGE_PX = 80;

export function chosenNetwork(choice: ResolvedRecipe['student'], imageSizePx: number, classes: number): NetworkConfig {
  const named = architecture(choice.model, classes);
  const stem = choice.stem === 'auto' ? (imageSizePx < SMALL_IMAGE_PX ? 'small' : named.stem) : choice.stem;
  return { ...named, stem, width: choice.width ?? named.width, layers: choice.blocks ?? named.layers };
}
