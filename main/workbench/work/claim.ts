/**
 * What a job needs exclusively while it runs: its project, for its kind of work, and the hardware that it computes on. Jobs
 * with overlapping claims take turns; all others run side by side.
 */
import { knownChoice } from '../../doctor/choose-device.ts';
import { parseDevice } from '../../engines/device.ts';
import { traitsOf } from '../../engines/engines.ts';

/** The `DeviceTraits.hardware` that it computes on; null means all hardware. */
export type ClaimedHardware = readonly string[] | null;

export type Claim =
  /** Reading folders, writing files: one job at a time per project. */
  | { readonly lane: 'io'; readonly projectId: string | null }
  /** Runs of one project build on each other, and two jobs may need the same run: they take turns whatever they compute on. */
  | { readonly lane: 'compute'; readonly projectId: string | null; readonly hardware: ClaimedHardware };

export function takeTurns(a: Claim, b: Claim): boolean {
  if (a.lane === 'io' || b.lane === 'io') return a.lane === b.lane && a.projectId === b.projectId;
  if (a.projectId !== null && a.projectId === b.projectId) return true;
  const { hardware } = b;
  return a.hardware === null || hardware === null || a.hardware.some((one) => hardware.includes(one));
}

/**
 * The hardware that computing on `preference`, a device's name or `auto`, keeps busy. All hardware if `auto` has to test the
 * devices first: a measurement beside other work is meaningless.
 */
export function hardwareOf(preference: string): ClaimedHardware {
  const device = preference === 'auto' ? knownChoice() : parseDevice(preference);
  return device ? [traitsOf(device).hardware] : null;
}

/** The hardware that several devices computing side by side occupy. */
export function hardwareOfAll(preferences: readonly string[]): ClaimedHardware {
  const all = preferences.map(hardwareOf);
  return all.some((one) => one === null) ? null : [...new Set(all.flatMap((one) => one ?? []))];
}
