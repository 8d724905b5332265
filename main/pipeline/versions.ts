/** The versions of everything that a run's numbers depend on, for its record. */
import { databaseVersion } from '../catalogue/database.ts';
import { CPU, type Device } from '../engines/device.ts';
import { engineOf } from '../engines/engines.ts';
import { PROGRAM_VERSION } from '../program-version.ts';
import { stages } from './stages.ts';

/** What has to be the same for partitions of one labelling on several machines, in a few words. */
export function programName(): string {
  const { understudy } = softwareVersions();
  const { onnxruntime } = engineOf(CPU).versions();
  const revision = stages.label.revision;
  return `Understudy ${understudy}, labelling ${revision}, ONNX Runtime ${onnxruntime}, DuckDB ${databaseVersion()}`;
}

export function softwareVersions(device?: Device): Record<string, string> {
  return {
    understudy: PROGRAM_VERSION,
    node: process.versions.node,
    ...(device && engineOf(device).versions()),
    platform: `${process.platform}-${process.arch}`,
  };
}
