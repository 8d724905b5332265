/** The device that a run will compute on, as far as it can be told without testing any. */

import { deviceName } from '../doctor/examine-devices.ts';
import { TESTED_TRAINING } from '../doctor/self-test.ts';
import { supportedDevices } from '../engines/engine-of.ts';
import type { ResolvedRecipe } from '../pipeline/resolve-recipe.ts';
import type { RunRecord } from '../pipeline/run-record.ts';
import { type Rate, rateOf } from './measured-rates.ts';

/** The one asked for; of `auto`, the fastest that was tested on this computer, or the one that it was the last time. */
export function expectedDevice(
  asked: ResolvedRecipe['engine']['device'],
  measured: readonly Rate[],
  runs: readonly RunRecord[],
): { readonly kind: string; readonly name: string } {
  const named = (kind: (typeof supported)[number]) => ({ kind, name: deviceName(kind, false) });
  const supported = supportedDevices();
  if (asked !== 'auto') return named(asked);
  const [only] = supported;
  if (only && supported.length === 1) return named(only);
  const speed = (kind: string) => rateOf({ kind: 'train', ...TESTED_TRAINING }, kind, measured)?.imagesPerSecond ?? 0;
  const [fastest] = supported.filter((kind) => speed(kind) > 0).sort((a, b) => speed(b) - speed(a));
  const chosenLast = runs.findLast(({ recipe }) => (recipe as Partial<ResolvedRecipe>).engine?.device === 'auto');
  const device = fastest ?? supported.find((kind) => kind === chosenLast?.device);
  return device ? named(device) : { kind: 'auto', name: 'the fastest device' };
}
