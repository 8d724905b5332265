/** Recognises a network by the names and shapes of a file's tensors. */
import type { Shape } from '../graph/program.ts';
import type { Recognised } from './architecture.ts';
import { allArchitectures, type NetworkConfig } from './architectures.ts';

/** Undefined if the names are those of no family. */
export function recogniseNetwork(shapes: ReadonlyMap<string, Shape>): Recognised<NetworkConfig> | undefined {
  for (const architecture of allArchitectures) {
    const recognised = architecture.infer(shapes);
    if (recognised) return recognised;
  }
  return undefined;
}
