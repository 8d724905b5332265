/** The versions of everything that a run's numbers depend on, for its record. */
import { env } from 'onnxruntime-node';

export function softwareVersions(): Record<string, string> {
  return {
    understudy: '0.1.0',
    node: process.versions.node,
    onnxruntime: env.versions.common,
    platform: `${process.platform}-${process.arch}`,
  };
}
