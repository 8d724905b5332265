/** From a recipe's words for a network to its exact shape. */
import { WrongUsage } from '../failure.ts';
import { architectureOf } from '../models/architectures.ts';
import { architecture } from '../models/family.ts';
import type { NetworkConfig } from '../models/network.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';

/** The network of the weights that were brought, or the one that the recipe names. */
export function chosenNetwork(choice: ResolvedRecipe['student'], imageSizePx: number, classes: number): NetworkConfig {
  if (choice.start) return { ...choice.start.network, classes };
  const named = architecture(choice.model, classes);
  return architectureOf(named).chosen(named, choice, imageSizePx);
}

/** Throws `WrongUsage` for a network that cannot be built, before anything is done for it. */
export function requireNetworks({ teacher, student, imageSizePx }: ResolvedRecipe, classes: number): void {
  for (const [path, choice] of Object.entries({ teacher, student })) {
    if (choice.start) continue;
    const network = chosenNetwork(choice, imageSizePx, classes);
    const refusal = architectureOf(network).refusal(network, choice.model, imageSizePx);
    if (refusal !== undefined) throw new WrongUsage(`${path}.${refusal}`);
  }
}
