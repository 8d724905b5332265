/**
 * The shape of a vision transformer (Dosovitskiy et al., 2021; DeiT: Touvron et al., 2021; DINOv2 and its registers: Oquab et
 * al., 2024, Darcet et al., 2024), and its tensors under timm's names.
 */
import type { Shape } from '../../graph/program.ts';

export interface VitConfig {
  readonly family: 'vit';
  /** Number of blocks. */
  readonly depth: number;
  /** Channels of a token. */
  readonly width: number;
  readonly heads: number;
  /** Channels between a block's two linear layers. */
  readonly innerWidth: number;
  readonly patchPx: number;
  /** Patches along a side of the image: positions are learnt, so a network takes images of one size. */
  readonly gridSide: number;
  /** Additional tokens, beside the class token, that correspond to nothing in the image. */
  readonly registers: number;
  /** Whether the class token has a position of its own, the first one. */
  readonly classPosition: boolean;
  /** Whether a block's contribution is scaled per channel. */
  readonly layerScale: boolean;
  readonly classes: number;
}

/** The number of tokens before the patches: the class token and the registers. */
export function prefixTokens({ registers }: VitConfig): number {
  return 1 + registers;
}

export function vitShapes(config: VitConfig): Map<string, Shape> {
  const { depth, width, innerWidth, patchPx, gridSide, registers, classPosition, layerScale, classes } = config;
  const shapes = new Map<string, Shape>();
  const layer = (name: string, ...weight: [number, ...number[]]) => {
    shapes.set(`${name}.weight`, weight);
    shapes.set(`${name}.bias`, [weight[0]]);
  };
  shapes.set('cls_token', [1, 1, width]);
  if (registers > 0) shapes.set('reg_token', [1, registers, width]);
  shapes.set('pos_embed', [1, gridSide ** 2 + Number(classPosition), width]);
  layer('patch_embed.proj', width, 3, patchPx, patchPx);
  for (let index = 0; index < depth; index++) {
    const block = `blocks.${index}`;
    layer(`${block}.norm1`, width);
    layer(`${block}.attn.qkv`, 3 * width, width);
    layer(`${block}.attn.proj`, width, width);
    if (layerScale) shapes.set(`${block}.ls1.gamma`, [width]);
    layer(`${block}.norm2`, width);
    layer(`${block}.mlp.fc1`, innerWidth, width);
    layer(`${block}.mlp.fc2`, width, innerWidth);
    if (layerScale) shapes.set(`${block}.ls2.gamma`, [width]);
  }
  layer('norm', width);
  layer('head', classes, width);
  return shapes;
}
