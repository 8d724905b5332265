/** All families of networks. */
import type { Architecture } from './architecture.ts';
import { convNext } from './convnext/convnext.ts';
import type { ConvNextConfig } from './convnext/convnext-config.ts';
import { r2plus1d } from './r2plus1d/r2plus1d.ts';
import type { R2plus1dConfig } from './r2plus1d/r2plus1d-config.ts';
import { residual } from './residual/residual.ts';
import type { ResidualConfig } from './residual/residual-config.ts';
import { vit } from './vit/vit.ts';
import type { VitConfig } from './vit/vit-config.ts';

/** How the outputs of a network are interpreted, whatever its family. */
export interface NetworkOutputs {
  /** sigmoid: each class is predicted independently, and an image may have several. Absent: a softmax over all. */
  readonly outputs?: 'sigmoid' | undefined;
}

/** A network's exact shape. One without a family is residual, as earlier releases wrote it. */
export type NetworkConfig = (ResidualConfig | ConvNextConfig | VitConfig | R2plus1dConfig) & NetworkOutputs;

/** In the order in which a stored configuration is tried: families with an explicit name come first. */
const architectures = { convnext: convNext, vit, r2plus1d, residual } as const;

export const allArchitectures = Object.values(architectures) as readonly Architecture<NetworkConfig>[];

export function architectureOf({ family }: NetworkConfig): Architecture<NetworkConfig> {
  // The entry of a family takes configurations of that family; TypeScript cannot follow that through the union.
  return architectures[family ?? 'residual'] as Architecture<NetworkConfig>;
}
