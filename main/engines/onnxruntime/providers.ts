/** Which execution providers the installed ONNX Runtime brings for this platform. Whether they work is for the doctor. */
import { listSupportedBackends } from 'onnxruntime-node';
import type { DeviceKind } from '../engine.ts';

const KNOWN: readonly DeviceKind[] = ['cuda', 'dml', 'coreml', 'webgpu', 'cpu'];

/** In the order in which they are examined: the likely fastest first. */
export function supportedProviders(): DeviceKind[] {
  const listed = new Set<string>(listSupportedBackends().map(({ name }) => name));
  return KNOWN.filter((kind) => listed.has(kind));
}
