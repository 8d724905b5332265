/** The versions of everything that a run's numbers depend on, for its record. */
import type { Device } from '../engines/device.ts';
import { engineOf } from '../engines/engines.ts';

export function softwareVersions(device?: Device): Record<string, string> {
  return {
    understudy: '0.1.0',
    node: process.versions.node,
    ...(device && engineOf(device).versions()),
    platform: `${process.platform}-${process.arch}`,
  };
}
