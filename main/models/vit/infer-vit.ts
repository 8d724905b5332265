/**
 * Recognises the vision transformer of a file's tensors, with the names used by timm, DINO and DINOv2, or torchvision.
 */
import type { Shape } from '../../graph/program.ts';
import type { Landmarks, Recognised } from '../architecture.ts';
import { type Renaming, renamed, withOurShapes } from '../renamed-tensors.ts';
import { type VitConfig, vitShapes } from './vit-config.ts';

export const vitLandmarks: readonly Landmarks[] = [
  {
    stem: 'patch_embed.proj.weight',
    firstBlock: 'blocks.0.attn.qkv.weight',
    classifier: ['head.weight', 'head.bias'],
  },
  {
    stem: 'conv_proj.weight',
    firstBlock: 'encoder.layers.encoder_layer_0.self_attention.in_proj_weight',
    classifier: ['heads.head.weight', 'heads.head.bias'],
  },
];

/** Channels of a head in every published network of the family; files do not contain it. */
const HEAD_WIDTH = 64;
/** Used by DINOv2's training, and by nothing afterwards. */
const UNNEEDED = 'mask_token';

const BLOCK = String.raw`^encoder\.layers\.encoder_layer_(\d+)\.`;
const TORCHVISION: readonly Renaming[] = [
  [/^class_token$/, 'cls_token'],
  [/^encoder\.pos_embedding$/, 'pos_embed'],
  [/^conv_proj\./, 'patch_embed.proj.'],
  [new RegExp(`${BLOCK}ln_(\\d)\\.`), 'blocks.$1.norm$2.'],
  [new RegExp(`${BLOCK}self_attention\\.in_proj_`), 'blocks.$1.attn.qkv.'],
  [new RegExp(`${BLOCK}self_attention\\.out_proj\\.`), 'blocks.$1.attn.proj.'],
  [new RegExp(`${BLOCK}mlp\\.(?:0|linear_1)\\.`), 'blocks.$1.mlp.fc1.'],
  [new RegExp(`${BLOCK}mlp\\.(?:3|linear_2)\\.`), 'blocks.$1.mlp.fc2.'],
  [/^encoder\.ln\./, 'norm.'],
  [/^heads\.head\./, 'head.'],
];
const DINO: readonly Renaming[] = [[/^register_tokens$/, 'reg_token']];

export function inferVit(shapes: ReadonlyMap<string, Shape>): Recognised<VitConfig> | undefined {
  const tensors = renamed(shapes, shapes.has('conv_proj.weight') ? TORCHVISION : DINO);
  tensors.delete(UNNEEDED);
  const sizeOf = (name: string, axis: number) => tensors.get(name)?.shape[axis];
  const [width, patchPx] = [sizeOf('patch_embed.proj.weight', 0), sizeOf('patch_embed.proj.weight', 2)];
  const [positions, classes] = [sizeOf('pos_embed', 1), sizeOf('head.weight', 0)];
  const innerWidth = sizeOf('blocks.0.mlp.fc1.weight', 0);
  if (width === undefined || patchPx === undefined || positions === undefined) return undefined;
  if (innerWidth === undefined || classes === undefined || width % HEAD_WIDTH !== 0) return undefined;
  const classPosition = !Number.isInteger(Math.sqrt(positions));
  const gridSide = Math.sqrt(positions - Number(classPosition));
  if (!Number.isInteger(gridSide) || gridSide === 0) return undefined;
  let depth = 1;
  while (tensors.has(`blocks.${depth}.attn.qkv.weight`)) depth++;
  const network: VitConfig = {
    family: 'vit',
    ...{ depth, width, heads: width / HEAD_WIDTH, innerWidth, patchPx, gridSide, classPosition, classes },
    registers: sizeOf('reg_token', 1) ?? 0,
    layerScale: tensors.has('blocks.0.ls1.gamma'),
  };
  return { network, tensors: withOurShapes(tensors, vitShapes(network)) };
}
