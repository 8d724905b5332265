/** The versions of everything that a run's numbers depend on, for its record. */
import { env } from 'onnxruntime-node';
import type { DeviceKind } from '../engines/engine.ts';
import { findTensorFlow } from '../engines/tensorflow/load-tensorflow.ts';

export function softwareVersions(device?: DeviceKind): Record<string, string> {
  const tensorFlow = device === 'tensorflow' ? findTensorFlow() : undefined;
  return {
    understudy: '0.1.0',
    node: process.versions.node,
    onnxruntime: env.versions.common,
    ...(tensorFlow && { [tensorFlow.name]: tensorFlow.version }),
    platform: `${process.platform}-${process.arch}`,
  };
}
