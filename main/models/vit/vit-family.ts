/** The named vision transformers: ViT and DeiT, DINOv2 with registers, and one for small images. */
import type { VitConfig } from './vit-config.ts';

type Shape = Omit<VitConfig, 'classes'>;

const PLAIN = { family: 'vit', depth: 12, registers: 0, classPosition: true, layerScale: false } as const;
const DINOV2 = { ...PLAIN, patchPx: 14, gridSide: 16, registers: 4, classPosition: false, layerScale: true } as const;
const SMALL = { width: 384, heads: 6, innerWidth: 1536 } as const;
const BASE = { width: 768, heads: 12, innerWidth: 3072 } as const;

export const vitFamily = {
  vit_small: { ...PLAIN, ...SMALL, patchPx: 16, gridSide: 14 },
  vit_base: { ...PLAIN, ...BASE, patchPx: 16, gridSide: 14 },
  dinov2_small: { ...DINOV2, ...SMALL },
  dinov2_base: { ...DINOV2, ...BASE },
  'small-vit': { ...DINOV2, depth: 2, width: 128, heads: 2, innerWidth: 256, patchPx: 8, gridSide: 4 },
} as const satisfies Readonly<Record<string, Shape>>;
