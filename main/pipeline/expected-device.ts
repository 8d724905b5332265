/** The device that a run will compute on, as far as this is known without testing any. */
import { TESTED_TRAINING } from '../doctor/self-test.ts';
import { type Device, deviceName, parseDevice } from '../engines/device.ts';
import { supportedDevices, traitsOf } from '../engines/engines.ts';
import { type Rate, rateOf } from './measured-rates.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';
import type { RunRecord } from './run-record.ts';

export interface ExpectedDevice {
  /** Its name, such as `cpu`; `auto` if it is not known yet. */
  readonly device: string;
  /** For display. */
  readonly title: string;
}

/** The one asked for; for `auto`, the fastest that was tested on this computer, or the one chosen last time. */
export function expectedDevice(
  asked: ResolvedRecipe['engine']['device'],
  measured: readonly Rate[],
  runs: readonly RunRecord[],
): ExpectedDevice {
  const named = parseDevice(asked);
  if (named) return described(named);
  const supported = supportedDevices().filter((device) => !traitsOf(device).software);
  const [only] = supported;
  if (only && supported.length === 1) return described(only);
  const tested = { kind: 'train', ...TESTED_TRAINING } as const;
  const measuredHere = supported.flatMap((device) => {
    const rate = rateOf(tested, { device: deviceName(device), threads: null }, measured);
    // Rates of other workloads do not compare devices.
    return rate && !rate.rough ? [{ device, imagesPerSecond: rate.imagesPerSecond }] : [];
  });
  const [fastest] = measuredHere.sort((a, b) => b.imagesPerSecond - a.imagesPerSecond);
  if (fastest) return described(fastest.device);
  const last = runs.findLast(({ recipe }) => (recipe as Partial<ResolvedRecipe>).engine?.device === 'auto')?.device;
  const chosenLast = supported.find((device) => deviceName(device) === last);
  return chosenLast ? described(chosenLast) : { device: 'auto', title: 'the fastest device' };
}

function described(device: Device): ExpectedDevice {
  return { device: deviceName(device), title: traitsOf(device).title };
}
