/** From a recipe's choice of a network to its exact shape. */
import { WrongUsage } from '../failure.ts';
import { architectureOf } from '../models/architectures.ts';
import { architecture } from '../models/family.ts';
import { framesOf, type NetworkConfig, networkFor, networkForFrames } from '../models/network.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';

type NetworkChoice = Pick<ResolvedRecipe['student'], 'model' | 'width' | 'blocks' | 'stem' | 'start' | 'frames'>;

/** The network of the brought weights, or the one that the recipe names. */
export function chosenNetwork(choice: NetworkChoice, imageSizePx: number, classes: number): NetworkConfig {
  if (choice.start) {
    return networkForFrames(networkFor({ ...choice.start.network, classes }, imageSizePx), choice.frames);
  }
  const named = architecture(choice.model, classes);
  return architectureOf(named).chosen(named, choice, imageSizePx);
}

/** Throws `WrongUsage` for a network that cannot be built, before any work is done for it. */
export function requireNetworks({ teacher, student, imageSizePx }: ResolvedRecipe, classes: number): void {
  for (const [path, choice] of Object.entries({ teacher, student })) {
    const refusal = refusalOf(choice, imageSizePx, classes);
    if (refusal !== undefined) throw new WrongUsage(`${path}.${refusal}`);
  }
}

/**
 * The largest image size up to `imageSizePx` that suits every network: a ViT's patches must tile its images. If there
 * is none, the size itself, so that it is refused with a message.
 */
export function sizeForAll(choices: readonly NetworkChoice[], imageSizePx: number, classes: number): number {
  for (let sizePx = imageSizePx; sizePx > 0; sizePx--) {
    if (choices.every((choice) => refusalOf(choice, sizePx, classes) === undefined)) return sizePx;
  }
  return imageSizePx;
}

function refusalOf(choice: NetworkChoice, imageSizePx: number, classes: number): string | undefined {
  const network = chosenNetwork(choice, imageSizePx, classes);
  const named = choice.start?.file ?? choice.model;
  if (framesOf(network) !== undefined && choice.frames === undefined) {
    return `model is ${named}, which takes clips, but this project holds images: choose a network for images.`;
  }
  return architectureOf(network).refusal(network, named, imageSizePx);
}

/** The network's display name; empty if no recipe is known. */
export function networkTitle(choice: Pick<NetworkChoice, 'model' | 'width' | 'start'> | undefined): string {
  if (!choice) return '';
  if (choice.start) return choice.start.file;
  return choice.width === null ? choice.model : `${choice.model}, ${choice.width} wide`;
}
