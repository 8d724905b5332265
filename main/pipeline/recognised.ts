/**
 * From which energy on a picture is like what a network has learnt from: what all but 2 % of the held-out images of a comparison
 * reach. The least of these is in the comparison's record, and goes with the model wherever it classifies.
 */
import { at } from '../at.ts';

/** Of held-out images, the share that would be called unlike any. */
const SHARE_BEYOND = 0.02;
/** Of fewer nobody knows how far down images of a kind go. */
const FEWEST = 25;

/** Undefined of too few images, or where a network said no number. */
export function leastEnergyIn(energies: Float32Array): number | undefined {
  if (energies.length < FEWEST || energies.some((energy) => !Number.isFinite(energy))) return undefined;
  return at(energies.toSorted(), Math.floor(SHARE_BEYOND * energies.length));
}

/** What a comparison's record calls it. */
export function leastEnergyMetric(model: string): string {
  return `${model}LeastEnergy`;
}
