/** The versions of all software that a run's numbers depend on, for its record. */
import { databaseVersion } from '../catalogue/database.ts';
import { CPU, type Device } from '../engines/device.ts';
import { engineOf } from '../engines/engines.ts';
import { PROGRAM_VERSION } from '../program-version.ts';
import { stages } from './stages.ts';

/** A short text that must be equal on all machines that compute partitions of the same labelling. */
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
