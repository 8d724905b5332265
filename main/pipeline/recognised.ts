/**
 * The energy from which on a picture counts as similar to what a network has learnt from: the level that all but 2 % of
 * the held-out images of a comparison reach. It is stored in the comparison's record, and accompanies the model
 * wherever it classifies.
 */
import { at } from '../at.ts';

/** The share of held-out images that would be called unfamiliar. */
const SHARE_BEYOND = 0.02;
/** With fewer images the lower end of the distribution is unknown. */
const FEWEST = 25;

/** Undefined for too few images, or if an energy is not finite. */
export function leastEnergyIn(energies: Float32Array): number | undefined {
  if (energies.length < FEWEST || energies.some((energy) => !Number.isFinite(energy))) return undefined;
  return at(energies.toSorted(), Math.floor(SHARE_BEYOND * energies.length));
}

/** Its name in a comparison's record. */
export function leastEnergyMetric(model: string): string {
  return `${model}LeastEnergy`;
}
