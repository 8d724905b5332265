/** The named networks of every family. */
import { WrongUsage } from '../failure.ts';
import type { NetworkConfig } from './architectures.ts';
import type { ConvNextConfig } from './convnext/convnext-config.ts';
import { convNextFamily } from './convnext/convnext-family.ts';
import type { R2plus1dConfig } from './r2plus1d/r2plus1d-config.ts';
import { r2plus1dFamily } from './r2plus1d/r2plus1d-family.ts';
import type { ResidualConfig } from './residual/residual-config.ts';
import { residualFamily } from './residual/residual-family.ts';
import type { VitConfig } from './vit/vit-config.ts';
import { vitFamily } from './vit/vit-family.ts';

type Shape =
  | Omit<ResidualConfig, 'classes'>
  | Omit<ConvNextConfig, 'classes'>
  | Omit<VitConfig, 'classes'>
  | Omit<R2plus1dConfig, 'classes'>;

const named: ReadonlyMap<string, Shape> = new Map(
  Object.entries({ ...residualFamily, ...convNextFamily, ...vitFamily, ...r2plus1dFamily }),
);

export const architectureNames: readonly string[] = [...named.keys()];

/** Throws `WrongUsage` for an unknown name. */
export function architecture(name: keyof typeof residualFamily, classes: number): ResidualConfig;
export function architecture(name: keyof typeof convNextFamily, classes: number): ConvNextConfig;
export function architecture(name: keyof typeof vitFamily, classes: number): VitConfig;
export function architecture(name: keyof typeof r2plus1dFamily, classes: number): R2plus1dConfig;
export function architecture(name: string, classes: number): NetworkConfig;
export function architecture(name: string, classes: number): NetworkConfig {
  const shape = named.get(name);
  if (!shape) throw new WrongUsage(`There is no model “${name}”: choose one of ${architectureNames.join(', ')}.`);
  return { ...shape, classes };
}
